// Rays through a scene, as in `render.rs` of the scene crate: one per pixel,
// and three more where neighbours differ.

const STEPS: u32 = 96u;
const SHADE_STEPS: u32 = 40u;
const LEAP: f32 = 0.4;
const STRIDE: f32 = 0.92;
const CLOSE: f32 = 0.15;
const REACH: f32 = 0.32;
const CONTRAST: f32 = 0.063;

var<private> pixel_width: f32;

fn behind(towards: vec3<f32>) -> f32 {
    if words(10u).w == 0u {
        return FAR;
    }
    let wall = frame(12u);
    let into = -dot(towards, wall.xyz);
    let away = dot(frame(0u).xyz, wall.xyz) + wall.w;
    return select(FAR, away / max(into, 1e-4), into > 1e-4 && away > 0.0);
}

fn below(towards: vec3<f32>) -> f32 {
    return select(FAR, -frame(0u).y / min(towards.y, -1e-4), towards.y < -1e-4);
}

// Distance to the first thing along a ray from the eye; negative if there is
// none before floor and wall.
fn first_thing(towards: vec3<f32>) -> f32 {
    let eye = frame(0u).xyz;
    let bounds = among(eye, towards, 0.0, 0.0);
    if bounds.y <= 0.0 {
        return -1.0;
    }
    let end = min(min(bounds.y, below(towards)), behind(towards));
    var t = bounds.x;
    var within = LEAP;
    for (var left = STEPS; left > 0u && t < end; left--) {
        let d = distance_to(eye + towards * t, within);
        if d < CLOSE * pixel_width * t {
            return t;
        }
        t += d * STRIDE;
        within = min(d * 2.0 + 0.01, LEAP);
    }
    return -1.0;
}

fn normal_at(p: vec3<f32>, width: f32) -> vec3<f32> {
    let a = vec3(1.0, -1.0, -1.0);
    let b = vec3(-1.0, -1.0, 1.0);
    let c = vec3(-1.0, 1.0, -1.0);
    let d = vec3(1.0);
    let most = width * 4.0;
    let sum = a * distance_to(p + a * width, most) + b * distance_to(p + b * width, most)
        + c * distance_to(p + c * width, most) + d * distance_to(p + d * width, most);
    let unit = unit_or_zero(sum);
    return select(unit, vec3(0.0, 1.0, 0.0), dot(unit, unit) < 0.5);
}

// How open the sky is above a point; a surface at height `ground` counts too.
fn openness(p: vec3<f32>, normal: vec3<f32>, ground: f32) -> f32 {
    var heights = vec4(0.03, 0.08, 0.16, 0.28);
    var weights = vec4(0.34, 0.28, 0.24, 0.2);
    var closed = 0.0;
    for (var i = 0u; i < 4u; i++) {
        let height = heights[i];
        let q = p + normal * height;
        let above = select(FAR, max(q.y - ground, 0.0), normal.y < 0.99);
        let d = min(distance_to(q, height), above);
        closed += clamp((height - d) / height, 0.0, 1.0) * weights[i];
    }
    return clamp(1.0 - closed, 0.08, 1.0);
}

fn shadow(p: vec3<f32>) -> f32 {
    let lamp = frame(4u);
    let spread = 1.0 / lamp.w;
    let bounds = among(p, lamp.xyz, 0.02, spread);
    if bounds.y <= 0.0 {
        return 1.0;
    }
    var t = max(bounds.x, 0.01);
    var gap = 1.0;
    for (var left = SHADE_STEPS; left > 0u && t < bounds.y; left--) {
        let d = distance_to(p + lamp.xyz * t, max(t * spread, 0.35));
        gap = min(gap, 0.5 + 0.5 * lamp.w * d / t);
        if gap < 0.02 {
            return 0.0;
        }
        t += clamp(d, 0.012, 0.35);
    }
    return smooth_step(0.0, 1.0, gap);
}

// The share of the lamp that reaches a point.
fn lit_at(p: vec3<f32>, normal: vec3<f32>) -> f32 {
    let towards = frame(4u).xyz;
    if dot(normal, towards) < -0.15 {
        return 0.0;
    }
    let level = vec3(towards.z, 0.0, -towards.x);
    let side = select(vec3(1.0, 0.0, 0.0), unit_or_zero(level), dot(level, level) > 1e-30);
    let through = dappled(vec2(dot(p, side), dot(p, cross(towards, side))));
    if through <= 0.0 {
        return 0.0;
    }
    return shadow(p) * through;
}

// The colour and the label of a point on a thing.
fn on_thing(p: vec3<f32>, view: vec3<f32>, t: f32) -> vec4<f32> {
    let blur = pixel_width * t;
    let width = max(blur * 0.75, 0.002);
    let at = touch(p, width * 3.0 + blur);
    var coat = coat_of(solid_row(at.solid, 6u).y, own(at.solid, p), blur);
    if at.share > 0.01 {
        coat = mixed(coat, coat_of(solid_row(at.other, 6u).y, own(at.other, p), blur), at.share);
    }
    let normal = normal_at(p, width);
    let open = openness(p, normal, 0.0);
    let lit = lit_at(p + normal * (blur * 1.5 + 0.004), normal);
    return vec4(light(normal, view, coat, lit, open), f32(solid_row(at.solid, 6u).x + 1u));
}

// The colour of a point of the floor, or of the wall.
fn on_sheet(p: vec3<f32>, is_wall: bool, view: vec3<f32>, t: f32) -> vec3<f32> {
    let wall = frame(12u);
    let normal = select(vec3(0.0, 1.0, 0.0), wall.xyz, is_wall);
    let turns = frame(11u);
    let turn = select(turns.xy, turns.zw, is_wall);
    let side = vec3(wall.z, 0.0, -wall.x);
    let flat = select(p.xz, vec2(dot(p, side), p.y), is_wall);
    let material = select(words(10u).y, words(10u).w - 1u, is_wall);
    var open = openness(p, normal, -FAR);
    if words(10u).w != 0u {
        let away = select(dot(p, wall.xyz) + wall.w, p.y, is_wall);
        open *= 0.72 + 0.28 * smooth_step(0.0, 0.7, away);
    }
    let lit = lit_at(p + normal * 0.004, normal);
    let blur = pixel_width * t / max(-dot(view, normal), 0.05);
    let frequency = bitcast<f32>(materials[material * MATERIAL_ROWS + 1u].w);
    let across = vec2(flat.x * turn.y - flat.y * turn.x, flat.x * turn.x + flat.y * turn.y);
    let own_point = vec3(across.x, 0.5 / max(frequency, 1e-3), across.y);
    return light(normal, view, coat_of(material, own_point, blur), lit, open);
}

fn backdrop(towards: vec3<f32>) -> vec3<f32> {
    let far = distance_colour(towards);
    let down = below(towards);
    let back = behind(towards);
    let t = min(down, back);
    let share = smooth_step(frame(8u).w, frame(9u).w, t);
    if share >= 1.0 {
        return far;
    }
    return mix(on_sheet(frame(0u).xyz + towards * t, back < down, towards, t), far, share);
}

// The colour, ready for a screen, and the label at a place of the picture.
fn sample_at(at: vec2<f32>, size: vec2<u32>) -> vec4<f32> {
    let flat = (at - vec2<f32>(size) * 0.5) * pixel_width;
    let axes = mat3x3<f32>(frame(1u).xyz, frame(2u).xyz, frame(3u).xyz);
    let towards = normalize(axes * vec3(flat.x, -flat.y, 1.0));
    let t = first_thing(towards);
    if t >= 0.0 {
        let seen = on_thing(frame(0u).xyz + towards * t, towards, t);
        return vec4(exposed(seen.xyz), seen.w);
    }
    return vec4(exposed(backdrop(towards)), 0.0);
}

fn begin(scene_index: u32) -> vec2<u32> {
    scene = scene_index * (HEAD_ROWS + FRAME_ROWS);
    let size = head(1u).xy;
    pixel_width = 2.0 * frame(0u).w / f32(size.y);
    return size;
}

@compute @workgroup_size(8, 8)
fn trace(@builtin(global_invocation_id) id: vec3<u32>) {
    let size = begin(id.z);
    if any(id.xy >= size) {
        return;
    }
    let at = vec2<f32>(id.xy) + 0.5;
    samples[head(0u).z + id.y * size.x + id.x] = sample_at(at, size);
}

// Whether a pixel differs from another.
fn differs(own_sample: vec4<f32>, index: u32) -> bool {
    let other = samples[index];
    let apart = abs(sqrt(own_sample.xyz) - sqrt(other.xyz));
    return own_sample.w != other.w || max(max(apart.x, apart.y), apart.z) > CONTRAST;
}

@compute @workgroup_size(8, 8)
fn refine(@builtin(global_invocation_id) id: vec3<u32>) {
    let size = begin(id.z);
    if any(id.xy >= size) {
        return;
    }
    let index = head(0u).z + id.y * size.x + id.x;
    let own_sample = samples[index];
    var rough = false;
    if id.x > 0u { rough = rough || differs(own_sample, index - 1u); }
    if id.y > 0u { rough = rough || differs(own_sample, index - size.x); }
    if id.x + 1u < size.x { rough = rough || differs(own_sample, index + 1u); }
    if id.y + 1u < size.y { rough = rough || differs(own_sample, index + size.x); }
    var colour = own_sample.xyz;
    if rough {
        let at = vec2<f32>(id.xy) + 0.5;
        var offsets = array<vec2<f32>, 3>(vec2(-0.36, -0.12), vec2(0.12, -0.36), vec2(0.3, 0.34));
        for (var i = 0u; i < 3u; i++) {
            colour += sample_at(at + offsets[i], size).xyz;
        }
        colour /= 4.0;
    }
    let bytes = finished(colour, id.xy, size);
    pixels[index] = bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (u32(own_sample.w) << 24u);
}
