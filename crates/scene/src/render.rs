//! Draws a scene on the CPU: rays march through the solids, one sample per
//! pixel and three more where neighbours differ.

use glam::{Vec2, Vec3, vec2};

use crate::{
    look::finished,
    scene::{Backdrop, Scene},
    shade::{self, Point},
    solid::{Near, Solids, Touch},
    surface::{self, Coat},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Width in pixels, at least 1.
    pub width: u32,
    /// Height in pixels, at least 1.
    pub height: u32,
    /// Red, green, blue, row by row from the top.
    pub rgb: Vec<u8>,
    /// For each pixel, the thing seen at its centre: 0 is none, otherwise its
    /// index plus one.
    pub labels: Vec<u8>,
}

/// Number of steps along a ray before it counts as a miss.
const STEPS: u32 = 72;
/// The longest step. A distance after a step never exceeds the distance before
/// it plus the step, so things farther away need not be measured.
const LEAP: f32 = 0.4;
/// Share of the distance that a step covers: `Ball` and `Melt` overstate it.
const STRIDE: f32 = 0.92;
/// Distance that counts as a hit, in pixel widths.
const CLOSE: f32 = 0.15;
/// How far from a point surfaces darken its ambient light.
const REACH: f32 = 0.32;
/// Two neighbours that differ by more than this, as a share of white, get more
/// samples.
const CONTRAST: f32 = 0.063;

/// Draws a scene. The same scene and size give the same bytes on every
/// machine whose `f32` follows IEEE 754.
///
/// # Panics
/// Panics if the scene holds 255 things or more, or the picture is not at least
/// 1 × 1.
pub fn render(scene: &Scene, width: u32, height: u32) -> Picture {
    assert!(scene.things.len() < 255, "labels are bytes");
    assert!(width > 0 && height > 0, "a picture has pixels");
    let mut tracer = Tracer::of(scene, width, height);
    let count = (width * height) as usize;
    let mut colours = Vec::with_capacity(count);
    let mut labels = Vec::with_capacity(count);
    for y in 0..height {
        for x in 0..width {
            let (colour, label) = tracer.sample(middle(x, y));
            colours.push(colour);
            labels.push(label);
        }
    }
    let size = [width, height];
    // Compared approximately as a screen shows them: a square root is fast.
    let once: Vec<Vec3> = colours.iter().map(|c| c.map(f32::sqrt)).collect();
    let mut rgb = Vec::with_capacity(count * 3);
    for y in 0..height {
        for x in 0..width {
            let index = (y * width + x) as usize;
            let mut colour = colours[index];
            if rough(&once, &labels, size, [x, y]) {
                let sum = OFFSETS.iter().fold(colour, |sum, &offset| {
                    sum + tracer.sample(middle(x, y) + Vec2::from(offset)).0
                });
                colour = sum / 4.0;
            }
            rgb.extend(finished(&scene.look, colour, [x, y], size));
        }
    }
    Picture { width, height, rgb, labels }
}

/// Draws only the labels.
pub(crate) fn labels(scene: &Scene, width: u32, height: u32) -> Vec<u8> {
    let mut tracer = Tracer::of(scene, width, height);
    let mut labels = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            let towards = tracer.towards(middle(x, y));
            labels.push(tracer.seen(towards).map_or(0, |(_, touch)| tracer.label(touch)));
        }
    }
    labels
}

/// Three more places in a pixel; with the middle they leave no gap in either
/// direction.
const OFFSETS: [[f32; 2]; 3] = [[-0.36, -0.12], [0.12, -0.36], [0.3, 0.34]];

#[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels wide")]
fn middle(x: u32, y: u32) -> Vec2 {
    vec2(x as f32 + 0.5, y as f32 + 0.5)
}

/// Whether a pixel differs from one of its neighbours.
fn rough(once: &[Vec3], labels: &[u8], size: [u32; 2], at: [u32; 2]) -> bool {
    let index = |x: u32, y: u32| (y * size[0] + x) as usize;
    let own = index(at[0], at[1]);
    let differs = |other: usize| {
        labels[own] != labels[other] || (once[own] - once[other]).abs().max_element() > CONTRAST
    };
    (at[0] > 0 && differs(own - 1))
        || (at[1] > 0 && differs(index(at[0], at[1] - 1)))
        || (at[0] + 1 < size[0] && differs(own + 1))
        || (at[1] + 1 < size[1] && differs(index(at[0], at[1] + 1)))
}

struct Tracer<'a> {
    scene: &'a Scene,
    solids: Solids,
    /// Pixels to camera coordinates at distance 1.
    half: Vec2,
    pixel: f32,
    near: Near,
}

impl<'a> Tracer<'a> {
    #[expect(clippy::cast_precision_loss, reason = "pictures are far below 2^24 pixels wide")]
    fn of(scene: &'a Scene, width: u32, height: u32) -> Self {
        let pixel = 2.0 * scene.camera.half_height / height as f32;
        let half = vec2(width as f32, height as f32) * 0.5;
        Self { scene, solids: Solids::of(scene), half, pixel, near: Near::new() }
    }

    fn towards(&self, at: Vec2) -> Vec3 {
        let flat = (at - self.half) * self.pixel;
        (self.scene.camera.axes * Vec3::new(flat.x, -flat.y, 1.0)).normalize()
    }

    fn label(&self, touch: Touch) -> u8 {
        let thing = self.solids.list[usize::from(touch.solid)].thing;
        u8::try_from(thing + 1).expect("fewer than 255 things: checked by `render`")
    }

    /// The colour, ready for a screen but not yet rounded to bytes, and the
    /// label.
    fn sample(&mut self, at: Vec2) -> (Vec3, u8) {
        let eye = self.scene.camera.eye;
        let towards = self.towards(at);
        let (colour, label) = if let Some((t, touch)) = self.seen(towards) {
            (self.surface(eye + towards * t, towards, t), self.label(touch))
        } else {
            (self.backdrop(towards), 0)
        };
        (shade::exposed(colour), label)
    }

    /// The first thing along a ray from the eye, if it is above the floor.
    fn seen(&mut self, towards: Vec3) -> Option<(f32, Touch)> {
        let eye = self.scene.camera.eye;
        let [mut t, mut end] = self.solids.along(&mut self.near, eye, towards, 0.0, 0.0)?;
        if towards.y < -1e-4 {
            end = end.min(-eye.y / towards.y);
        }
        end = end.min(self.behind(towards));
        let mut left = STEPS;
        let mut within = LEAP;
        while t < end && left > 0 {
            let p = eye + towards * t;
            let d = self.solids.distance(&self.near, p, within).min(within);
            if d < CLOSE * self.pixel * t {
                return Some((t, self.solids.touch(&self.near, p)));
            }
            t += d * STRIDE;
            within = (d * 2.0 + 0.01).min(LEAP);
            left -= 1;
        }
        None
    }

    /// The colour of a point on a thing.
    fn surface(&mut self, p: Vec3, view: Vec3, t: f32) -> Vec3 {
        let blur = self.pixel * t;
        let width = (blur * 0.75).max(0.002);
        // Only the parts right at the surface determine its colour and normal.
        self.solids.around(&mut self.near, p, width * 3.0 + blur);
        let touch = self.solids.touch(&self.near, p);
        let coat = self.coat(touch, p, blur);
        let normal = self.normal(p, width);
        self.solids.around(&mut self.near, p, REACH);
        let open = self.open(p, normal, 0.0);
        let lit = self.lit(p + normal * (blur * 1.5 + 0.004), normal);
        shade::light(&self.scene.light, &Point { normal, view, coat, lit, open })
    }

    /// Distance to the wall along a ray from the eye.
    fn behind(&self, towards: Vec3) -> f32 {
        let Some(wall) = &self.scene.backdrop.wall else { return f32::MAX };
        let into = -towards.dot(wall.normal);
        let away = self.scene.camera.eye.dot(wall.normal) + wall.distance;
        if into > 1e-4 && away > 0.0 { away / into } else { f32::MAX }
    }

    /// The colour where no thing is: floor, wall, or what they fade into.
    fn backdrop(&mut self, towards: Vec3) -> Vec3 {
        let backdrop = &self.scene.backdrop;
        let far = shade::distance_colour(backdrop, towards);
        let eye = self.scene.camera.eye;
        let down = if towards.y < -1e-4 { -eye.y / towards.y } else { f32::MAX };
        let behind = self.behind(towards);
        let t = down.min(behind);
        let share = surface::smooth(backdrop.fade[0], backdrop.fade[1], t);
        if share >= 1.0 {
            return far;
        }
        let p = eye + towards * t;
        let normal = match &backdrop.wall {
            Some(wall) if behind < down => wall.normal,
            _ => Vec3::Y,
        };
        self.sheet(p, normal, towards, t).lerp(far, share)
    }

    /// The colour of a point of the floor or the wall.
    fn sheet(&mut self, p: Vec3, normal: Vec3, view: Vec3, t: f32) -> Vec3 {
        let Backdrop { floor, wall, .. } = &self.scene.backdrop;
        self.solids.around(&mut self.near, p, REACH);
        let mut open = if self.near.is_empty() { 1.0 } else { self.open(p, normal, f32::MIN) };
        let (sheet, across) = match wall {
            Some(wall) if normal.y < 0.5 => {
                let side = Vec3::new(wall.normal.z, 0.0, -wall.normal.x);
                (wall.sheet, vec2(p.dot(side), p.y))
            }
            _ => (*floor, vec2(p.x, p.z)),
        };
        if let Some(wall) = wall {
            // Where floor and wall meet, both are slightly darker.
            let from = if normal.y < 0.5 { p.y } else { p.dot(wall.normal) + wall.distance };
            open *= 0.72 + 0.28 * surface::smooth(0.0, 0.7, from);
        }
        let lit = self.lit(p + normal * 0.004, normal);
        let material = &self.scene.materials[sheet.material as usize];
        let blur = self.pixel * t / (-view.dot(normal)).max(0.05);
        let [sine, cosine] = sheet.turn;
        let across = vec2(across.x * cosine - across.y * sine, across.x * sine + across.y * cosine);
        // Half a repeat deep, where no pattern has an edge.
        let own = Vec3::new(across.x, 0.5 / material.frequency.max(1e-3), across.y);
        let coat = surface::coat(material, own, blur);
        shade::light(&self.scene.light, &Point { normal, view, coat, lit, open })
    }

    fn coat(&self, touch: Touch, p: Vec3, blur: f32) -> Coat {
        let of = |index: u16| {
            let solid = &self.solids.list[usize::from(index)];
            let material = &self.scene.materials[solid.material as usize];
            surface::coat(material, solid.own(p), blur)
        };
        let coat = of(touch.solid);
        if touch.share > 0.01 { coat.mixed(of(touch.other), touch.share) } else { coat }
    }

    /// The gradient, from the four corners of a tetrahedron.
    fn normal(&self, p: Vec3, width: f32) -> Vec3 {
        const CORNERS: [Vec3; 4] = [
            Vec3::new(1.0, -1.0, -1.0),
            Vec3::new(-1.0, -1.0, 1.0),
            Vec3::new(-1.0, 1.0, -1.0),
            Vec3::ONE,
        ];
        let sum = CORNERS.iter().fold(Vec3::ZERO, |sum, &corner| {
            sum + corner
                * self.solids.distance(&self.near, p + corner * width, width * 4.0).min(width * 4.0)
        });
        sum.try_normalize().unwrap_or(Vec3::Y)
    }

    /// Ambient occlusion: how much nearer surfaces are along the normal than on
    /// open ground. A surface is assumed at height `ground`.
    fn open(&self, p: Vec3, normal: Vec3, ground: f32) -> f32 {
        let mut closed = 0.0;
        for (height, weight) in [(0.03, 0.34), (0.08, 0.28), (0.16, 0.24), (0.28, 0.2)] {
            let q = p + normal * height;
            let above = if normal.y < 0.99 { (q.y - ground).max(0.0) } else { f32::MAX };
            let d = self.solids.distance(&self.near, q, height).min(above);
            closed += ((height - d) / height).clamp(0.0, 1.0) * weight;
        }
        (1.0 - closed).clamp(0.08, 1.0)
    }

    /// The share of the lamp that reaches a point: the narrowest gap, as an
    /// angle, that the ray to the lamp passes through.
    fn lit(&mut self, p: Vec3, normal: Vec3) -> f32 {
        let light = &self.scene.light;
        if normal.dot(light.towards) < -0.15 {
            return 0.0;
        }
        let through = surface::dappled(&light.dapple, self.screen(p));
        if through <= 0.0 {
            return 0.0;
        }
        self.shadow(p) * through
    }

    /// A place in the plane that faces the lamp.
    fn screen(&self, p: Vec3) -> Vec2 {
        let towards = self.scene.light.towards;
        let side = Vec3::new(towards.z, 0.0, -towards.x).normalize_or(Vec3::X);
        vec2(p.dot(side), p.dot(towards.cross(side)))
    }

    fn shadow(&mut self, p: Vec3) -> f32 {
        let light = &self.scene.light;
        let spread = 1.0 / light.crispness;
        let Some([mut t, end]) = self.solids.along(&mut self.near, p, light.towards, 0.02, spread)
        else {
            return 1.0;
        };
        t = t.max(0.01);
        let mut gap: f32 = 1.0;
        let mut left = 40;
        while t < end && left > 0 {
            // More than this neither narrows the gap nor lengthens the step.
            let within = (t * spread).max(0.35);
            let d = self.solids.distance(&self.near, p + light.towards * t, within);
            gap = gap.min(0.5 + 0.5 * light.crispness * d / t);
            if gap < 0.02 {
                return 0.0;
            }
            t += d.clamp(0.012, 0.35);
            left -= 1;
        }
        surface::smooth(0.0, 1.0, gap)
    }
}
