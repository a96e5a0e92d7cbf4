// Light on a point, and the finish of a picture, as in `shade.rs` and `look.rs`
// of the scene crate.

fn distance_colour(towards: vec3<f32>) -> vec3<f32> {
    return mix(frame(8u).xyz, frame(9u).xyz, smooth_step(-0.05, 0.55, towards.y));
}

fn unit_or_zero(v: vec3<f32>) -> vec3<f32> {
    let long = length(v);
    return select(vec3(0.0), v / max(long, 1e-30), long > 1e-20);
}

fn highlight(glint: f32, gloss: f32) -> f32 {
    let p2 = glint * glint;
    let p4 = p2 * p2;
    let p16 = p4 * p4 * (p4 * p4);
    let p64 = p16 * p16 * (p16 * p16);
    let p256 = p64 * p64 * (p64 * p64);
    return gloss * (0.07 * p16 + 0.3 * gloss * p64 + 0.5 * gloss * gloss * p256);
}

fn surroundings(towards: vec3<f32>) -> vec3<f32> {
    let lamp = frame(4u).xyz;
    let sky = frame(6u).xyz;
    let base = mix(frame(7u).xyz, sky, smooth_step(-0.3, 0.4, towards.y)) * 1.1;
    let panel = unit_or_zero(vec3(-lamp.z, 0.75, lamp.x));
    return base + sky * (2.6 * smooth_step(0.72, 0.86, dot(towards, panel)));
}

// The light that leaves a point towards the eye. `lit` and `open` are the
// shares of lamp and sky that arrive.
fn light(normal: vec3<f32>, view: vec3<f32>, coat: Coat, lit: f32, open: f32) -> vec3<f32> {
    let towards = frame(4u).xyz;
    let lamp = frame(5u).xyz;
    let sky = frame(6u).xyz;
    let facing = max((dot(normal, towards) + 0.12) / 1.12, 0.0);
    let ambient = mix(frame(7u).xyz, sky, 0.5 + 0.5 * normal.y);
    let corner_light = vec3(open) + coat.colour * (0.45 * open * (1.0 - open));
    let fill = max(-dot(view, normal), 0.0) * 0.12;
    let diffuse = lamp * (facing * lit) + ambient * corner_light + sky * (fill * open);
    var seen = coat.colour * diffuse * (1.0 - 0.55 * coat.metal);

    let mirror = view - normal * (2.0 * dot(view, normal));
    let slant = clamp(1.0 + dot(view, normal), 0.0, 1.0);
    let grazing = slant * slant * slant * slant * slant;
    let tint = mix(vec3(0.05), coat.colour, coat.metal);
    let share = (tint + (vec3(1.0) - tint) * (grazing * 0.6)) * coat.gloss;
    seen += share * surroundings(mirror) * open;

    let glint = max(dot(normal, unit_or_zero(towards - view)), 0.0);
    let tinted = mix(vec3(1.0), coat.colour, coat.metal);
    return seen + lamp * highlight(glint, coat.gloss) * lit * tinted;
}

fn exposed(seen: vec3<f32>) -> vec3<f32> {
    let x = seen * 1.35;
    return clamp(x * (1.0 + x / 4.4) / (1.0 + x * 0.75), vec3(0.0), vec3(1.0));
}

// 0 in the middle of a picture, 1 in its corners.
fn to_corner(pixel: vec2<u32>, size: vec2<u32>) -> f32 {
    let at = (vec2<f32>(pixel) + 0.5) / vec2<f32>(size) - 0.5;
    let out = dot(at, at) * 2.0;
    return out * out;
}

fn grain(seed: u32, pixel: vec2<u32>) -> f32 {
    let cell = bitcast<vec3<i32>>(vec3(pixel, seed));
    return (hash(cell) + hash(cell + vec3(7919, 104729, 1))) * 0.5;
}

// From light on the screen to bytes.
fn finished(colour: vec3<f32>, pixel: vec2<u32>, size: vec2<u32>) -> vec3<u32> {
    let gain = frame(14u);
    let lift = frame(15u);
    let last = frame(16u);
    var seen = pow(clamp(colour, vec3(0.0), vec3(1.0)), vec3(1.0 / 2.2));
    let grey = dot(seen, vec3(0.299, 0.587, 0.114));
    seen = vec3(grey) + (seen - grey) * lift.w;
    seen = (seen - 0.5) * gain.w + 0.5;
    seen = seen * gain.xyz + lift.xyz * (vec3(1.0) - seen);
    seen *= 1.0 - last.x * to_corner(pixel, size);
    seen += (grain(words(16u).z, pixel) - 0.5) * last.y;
    return vec3<u32>(clamp(seen, vec3(0.0), vec3(1.0)) * 255.0 + 0.5);
}
