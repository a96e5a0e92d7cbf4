//! Draws a scene on the CPU: rays march through the solids, one sample per
//! pixel and three more where neighbours differ.

use glam::{Vec2, Vec3, vec2};

use crate::{
    colour::encoded,
    scene::Scene,
    shade::{self, Point},
    solid::{Near, Solids, Touch},
    surface::{self, Coat},
};

/// A drawn scene.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// Red, green, blue, row by row from the top.
    pub rgb: Vec<u8>,
    /// Per pixel the thing seen at its middle: 0 is none, else its index
    /// plus one.
    pub labels: Vec<u8>,
}

/// Steps along a ray before it counts as a miss.
const STEPS: u32 = 72;
/// Share of the distance that a step takes: `Ball` and `Melt` overstate it.
const STRIDE: f32 = 0.92;
/// A hit, in pixel widths.
const CLOSE: f32 = 0.15;
/// How far around a point surfaces darken its sky.
const REACH: f32 = 0.32;
/// Two neighbours that differ by more, in steps of a byte, are drawn finer.
const CONTRAST: i32 = 16;

/// Draws a scene. The same scene and size give the same bytes on every
/// machine whose `f32` follows IEEE 754.
///
/// # Panics
/// If a scene holds 255 things or more, or a picture is not at least 1 × 1.
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
    let once: Vec<[u8; 3]> = colours.iter().map(|c| c.to_array().map(encoded)).collect();
    let mut rgb = Vec::with_capacity(count * 3);
    for y in 0..height {
        for x in 0..width {
            let index = (y * width + x) as usize;
            if rough(&once, &labels, [width, height], [x, y]) {
                let sum = OFFSETS.iter().fold(colours[index], |sum, &offset| {
                    sum + tracer.sample(middle(x, y) + Vec2::from(offset)).0
                });
                rgb.extend((sum / 4.0).to_array().map(encoded));
            } else {
                rgb.extend(once[index]);
            }
        }
    }
    Picture { width, height, rgb, labels }
}

/// Draws only which thing is where.
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

/// Whether a pixel differs from one beside it.
fn rough(once: &[[u8; 3]], labels: &[u8], size: [u32; 2], at: [u32; 2]) -> bool {
    let index = |x: u32, y: u32| (y * size[0] + x) as usize;
    let own = index(at[0], at[1]);
    let differs = |other: usize| {
        labels[own] != labels[other]
            || (0..3)
                .any(|c| (i32::from(once[own][c]) - i32::from(once[other][c])).abs() > CONTRAST)
    };
    (at[0] > 0 && differs(own - 1))
        || (at[1] > 0 && differs(index(at[0], at[1] - 1)))
        || (at[0] + 1 < size[0] && differs(own + 1))
        || (at[1] + 1 < size[1] && differs(index(at[0], at[1] + 1)))
}

struct Tracer<'a> {
    scene: &'a Scene,
    solids: Solids<'a>,
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

    /// The colour, ready for a screen but not yet a byte, and the label.
    fn sample(&mut self, at: Vec2) -> (Vec3, u8) {
        let eye = self.scene.camera.eye;
        let towards = self.towards(at);
        let (colour, label) = if let Some((t, touch)) = self.seen(towards) {
            (self.surface(eye + towards * t, towards, t), self.label(touch))
        } else {
            let far = shade::distance_colour(&self.scene.backdrop, towards);
            let down = if towards.y < -1e-4 { -eye.y / towards.y } else { f32::MAX };
            let [start, end] = self.scene.backdrop.fade;
            let share = surface::smooth(start, end, down);
            if share >= 1.0 {
                (far, 0)
            } else {
                (self.floor(eye + towards * down, towards, down).lerp(far, share), 0)
            }
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
        let mut left = STEPS;
        while t < end && left > 0 {
            let p = eye + towards * t;
            let d = self.solids.distance(&self.near, p);
            if d < CLOSE * self.pixel * t {
                return Some((t, self.solids.touch(&self.near, p)));
            }
            t += d * STRIDE;
            left -= 1;
        }
        None
    }

    /// The colour of a point on a thing.
    fn surface(&mut self, p: Vec3, view: Vec3, t: f32) -> Vec3 {
        let blur = self.pixel * t;
        let width = (blur * 0.75).max(0.002);
        // Only what is at the very surface decides its colour and its normal.
        self.solids.around(&mut self.near, p, width * 3.0 + blur);
        let touch = self.solids.touch(&self.near, p);
        let coat = self.coat(touch, p, blur);
        let normal = self.normal(p, width);
        self.solids.around(&mut self.near, p, REACH);
        let open = self.open(p, normal);
        let lit = self.lit(p + normal * (blur * 1.5 + 0.004), normal);
        shade::light(&self.scene.light, &Point { normal, view, coat, lit, open })
    }

    fn floor(&mut self, p: Vec3, view: Vec3, t: f32) -> Vec3 {
        self.solids.around(&mut self.near, p, REACH);
        let open = if self.near.is_empty() { 1.0 } else { self.open(p, Vec3::Y) };
        let lit = self.lit(p + Vec3::Y * 0.004, Vec3::Y);
        let material = &self.scene.materials[self.scene.backdrop.floor as usize];
        let blur = self.pixel * t / (-view.y).max(0.05);
        let coat = surface::coat(material, p, blur);
        shade::light(&self.scene.light, &Point { normal: Vec3::Y, view, coat, lit, open })
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
            sum + corner * self.solids.distance(&self.near, p + corner * width)
        });
        sum.try_normalize().unwrap_or(Vec3::Y)
    }

    /// Ambient occlusion: how much nearer surfaces are along the normal than
    /// on open ground. The floor counts as a surface.
    fn open(&self, p: Vec3, normal: Vec3) -> f32 {
        let mut closed = 0.0;
        for (height, weight) in [(0.03, 0.34), (0.08, 0.28), (0.16, 0.24), (0.28, 0.2)] {
            let q = p + normal * height;
            let above = if normal.y < 0.99 { q.y.max(0.0) } else { f32::MAX };
            let d = self.solids.distance(&self.near, q).min(above);
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
        let spread = 1.0 / light.crispness;
        let Some([mut t, end]) = self.solids.along(&mut self.near, p, light.towards, 0.02, spread)
        else {
            return 1.0;
        };
        t = t.max(0.01);
        let mut gap: f32 = 1.0;
        let mut left = 40;
        while t < end && left > 0 {
            let d = self.solids.distance(&self.near, p + light.towards * t);
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
