//! A scene prepared for repeated queries: every part in scene coordinates with
//! a bounding ball, so that a ray or a point only tests the parts near it.

use glam::{Mat3, Vec3};

use crate::{
    form::{Edge, Form},
    scene::{Blend, Scene},
    shape,
};

/// A part in scene coordinates.
pub(crate) struct Solid {
    pub thing: u16,
    pub material: u32,
    form: Form,
    pub blend: Blend,
    pub origin: Vec3,
    /// From scene axes to the part's own, divided by the scale.
    pub to_own: Mat3,
    pub scale: f32,
    /// One over the scale.
    inverse: f32,
    /// The box that holds everything the part can change, in its own frame.
    middle: Vec3,
    half: Vec3,
}

/// The ball that holds everything a part can change, enlarged by what `Melt`
/// adds. Kept small and separate from the rest, because it excludes most parts.
#[derive(Clone, Copy)]
pub(crate) struct Ball {
    pub centre: Vec3,
    pub radius: f32,
    solid: u16,
    thing: u16,
    carves: bool,
}

impl Solid {
    /// Where a ray is within the part's box enlarged by `margin`, if it is.
    fn crossed(&self, from: Vec3, towards: Vec3, margin: f32) -> Option<[f32; 2]> {
        let from = self.own(from) - self.middle;
        let towards = self.to_own * towards;
        let half = self.half + margin * self.inverse;
        let mut bounds = [f32::MIN, f32::MAX];
        for axis in 0..3 {
            // A ray along a face is treated as one that is slightly off.
            let slope = 1.0 / if towards[axis].abs() > 1e-9 { towards[axis] } else { 1e-9 };
            let (middle, reach) = (-from[axis] * slope, half[axis] * slope.abs());
            bounds = [bounds[0].max(middle - reach), bounds[1].min(middle + reach)];
        }
        (bounds[0] <= bounds[1] && bounds[1] >= 0.0).then_some(bounds)
    }

    /// A scene point in the part's own frame, in lengths of its thing.
    pub fn own(&self, p: Vec3) -> Vec3 {
        self.to_own * (p - self.origin)
    }
}

/// The parts that matter at some place; reused to avoid allocations.
pub(crate) type Near = Vec<Ball>;

/// The surface nearest to a point.
#[derive(Clone, Copy)]
pub(crate) struct Touch {
    pub distance: f32,
    /// The part at the surface, and another that flows into it, with its share.
    pub solid: u16,
    pub other: u16,
    pub share: f32,
}

/// The ball around a thing, so that most rays and points skip all of its parts
/// at once.
pub(crate) struct Group {
    pub balls: core::ops::Range<usize>,
    pub centre: Vec3,
    pub radius: f32,
}

impl Group {
    fn of(balls: &[Ball], start: usize) -> Self {
        let own = &balls[start..];
        let mut low = Vec3::splat(f32::MAX);
        let mut high = Vec3::splat(f32::MIN);
        for ball in own {
            low = low.min(ball.centre - ball.radius);
            high = high.max(ball.centre + ball.radius);
        }
        let centre = (low + high) * 0.5;
        let far = |ball: &Ball| (ball.centre - centre).length() + ball.radius;
        Self { balls: start..balls.len(), centre, radius: own.iter().map(far).fold(0.0, f32::max) }
    }
}

/// All solids of a scene.
pub(crate) struct Solids {
    pub list: Vec<Solid>,
    balls: Vec<Ball>,
    pub groups: Vec<Group>,
    edges: Vec<Edge>,
}

impl Solids {
    pub fn of(scene: &Scene) -> Self {
        let mut edges = Vec::new();
        let mut list = Vec::with_capacity(scene.parts.len());
        let mut balls = Vec::with_capacity(scene.parts.len());
        let mut groups = Vec::with_capacity(scene.things.len());
        for (index, thing) in scene.things.iter().enumerate() {
            let start = list.len();
            let label = u16::try_from(index).expect("a scene holds fewer than 65,536 things");
            for part in &scene.parts[thing.parts.range()] {
                let (low, high) = shape::extent(&part.shape, &scene.points);
                let axes = thing.axes * part.axes;
                let origin = thing.at + thing.axes * part.at * thing.scale;
                let grown = if let Blend::Melt { reach } = part.blend { reach } else { 0.0 };
                balls.push(Ball {
                    centre: origin + axes * ((low + high) * 0.5) * thing.scale,
                    radius: ((high - low).length() * 0.5 + grown) * thing.scale,
                    solid: u16::try_from(list.len()).expect("fewer than 65,536 parts"),
                    thing: label,
                    carves: part.blend == Blend::Carve,
                });
                list.push(Solid {
                    thing: label,
                    material: part.material,
                    form: Form::of(&part.shape, &scene.points, &mut edges),
                    blend: part.blend,
                    origin,
                    to_own: axes.transpose() * (1.0 / thing.scale),
                    scale: thing.scale,
                    inverse: 1.0 / thing.scale,
                    middle: (low + high) * 0.5,
                    half: (high - low) * 0.5 + grown,
                });
            }
            groups.push(Group::of(&balls, start));
        }
        Self { list, balls, groups, edges }
    }

    /// Collects the parts whose ball and box, enlarged by `margin` plus
    /// `spread` per length along the ray, meet the ray. Returns the section of
    /// the ray among them.
    pub fn along(
        &self,
        near: &mut Near,
        from: Vec3,
        towards: Vec3,
        margin: f32,
        spread: f32,
    ) -> Option<[f32; 2]> {
        near.clear();
        let mut bounds = [f32::MAX, 0.0f32];
        // Where the ray is within a ball, if it is.
        let meets = |centre: Vec3, radius: f32| {
            let to = centre - from;
            let along = to.dot(towards);
            let radius = radius + margin + spread * along.max(0.0);
            let inside = radius * radius + along * along - to.length_squared();
            (inside >= 0.0 && along >= -radius).then_some((along, inside))
        };
        for group in &self.groups {
            // Where the ray leaves a group's ball it is wider than in the middle.
            if meets(group.centre, group.radius * (1.0 + spread)).is_none() {
                continue;
            }
            for &ball in &self.balls[group.balls.clone()] {
                let Some((along, _)) = meets(ball.centre, ball.radius) else { continue };
                let wide = margin + spread * (along + ball.radius).max(0.0);
                let solid = &self.list[usize::from(ball.solid)];
                let Some([enter, leave]) = solid.crossed(from, towards, wide) else { continue };
                near.push(ball);
                if !ball.carves {
                    bounds = [bounds[0].min(enter), bounds[1].max(leave)];
                }
            }
        }
        (bounds[1] > 0.0).then(|| [bounds[0].max(0.0), bounds[1]])
    }

    /// Collects the parts within `reach` of a point.
    pub fn around(&self, near: &mut Near, p: Vec3, reach: f32) {
        near.clear();
        let within = |centre: Vec3, radius: f32| {
            (centre - p).length_squared() < (radius + reach) * (radius + reach)
        };
        for group in self.groups.iter().filter(|group| within(group.centre, group.radius)) {
            let balls = &self.balls[group.balls.clone()];
            near.extend(balls.iter().filter(|ball| within(ball.centre, ball.radius)));
        }
    }

    /// Distance from a scene point to the nearest of some parts. If it is
    /// `within` or more, any number from `within` on may be returned: things
    /// farther away are not measured.
    pub fn distance(&self, near: &[Ball], p: Vec3, within: f32) -> f32 {
        let mut best = f32::MAX;
        let mut current = f32::MAX;
        let mut thing = u16::MAX;
        for ball in near {
            if ball.thing != thing {
                best = best.min(current);
                current = f32::MAX;
                thing = ball.thing;
            }
            // A part whose ball is farther than the nearest surface so far
            // cannot come nearer, and one that carves must reach deeper than
            // that.
            let near = if current < best { current } else { best };
            let near = if near < within { near } else { within };
            let limit = if ball.carves { -current } else { near };
            let far = ball.radius + limit;
            if far <= 0.0 || (p - ball.centre).length_squared() > far * far {
                continue;
            }
            let solid = &self.list[usize::from(ball.solid)];
            let reach = if let Blend::Melt { reach } = solid.blend { reach } else { 0.0 };
            let enough = limit * solid.inverse + reach;
            let d = solid.form.distance(&self.edges, solid.own(p), enough) * solid.scale;
            current = match solid.blend {
                Blend::Join if d < current => d,
                Blend::Melt { reach } => melt(current, d, reach * solid.scale).0,
                Blend::Carve if -d > current => -d,
                Blend::Join | Blend::Carve => current,
            };
        }
        best.min(current)
    }

    /// Like [`Self::distance`], and says which parts are there.
    pub fn touch(&self, near: &[Ball], p: Vec3) -> Touch {
        let nothing = Touch { distance: f32::MAX, solid: 0, other: 0, share: 0.0 };
        let (mut best, mut current, mut thing) = (nothing, nothing, u16::MAX);
        for ball in near {
            let index = ball.solid;
            let solid = &self.list[usize::from(index)];
            if solid.thing != thing {
                if current.distance < best.distance {
                    best = current;
                }
                (current, thing) = (nothing, solid.thing);
            }
            let d = self.one(solid, p);
            match solid.blend {
                Blend::Carve => current.distance = current.distance.max(-d),
                Blend::Join if d < current.distance => {
                    current = Touch { distance: d, solid: index, other: index, share: 0.0 };
                }
                Blend::Join => {}
                Blend::Melt { reach } => {
                    let (distance, share) = melt(current.distance, d, reach * solid.scale);
                    current = if share > 0.5 {
                        Touch { distance, solid: index, other: current.solid, share: 1.0 - share }
                    } else if share > 0.0 {
                        Touch { distance, other: index, share, ..current }
                    } else {
                        Touch { distance, ..current }
                    };
                }
            }
        }
        if current.distance < best.distance { current } else { best }
    }

    fn one(&self, solid: &Solid, p: Vec3) -> f32 {
        solid.form.distance(&self.edges, solid.own(p), f32::MAX) * solid.scale
    }
}

/// The lower of two distances with a parabola of width `reach` over the
/// crease, and the share of the second.
pub(crate) fn melt(one: f32, other: f32, reach: f32) -> (f32, f32) {
    let overlap = (reach - (one - other).abs()).max(0.0) / reach;
    let share = (0.5 + 0.5 * (one - other) / reach).clamp(0.0, 1.0);
    (one.min(other) - overlap * overlap * reach * 0.25, share)
}
