// Distances to the eight shapes, as in `form.rs` of the scene crate.

fn radial(p: vec3<f32>) -> f32 {
    return sqrt(p.x * p.x + p.z * p.z);
}

fn ellipsoid(p: vec3<f32>, radii: vec3<f32>) -> f32 {
    if radii.x == radii.y && radii.y == radii.z {
        return length(p) - radii.x;
    }
    let scaled = p / radii;
    let level = length(scaled);
    let slope = length(scaled / radii);
    if slope < 1e-6 {
        return -min(min(radii.x, radii.y), radii.z);
    }
    let longest = max(max(radii.x, radii.y), radii.z);
    return max(level * (level - 1.0) / slope, length(p) - longest);
}

fn block(p: vec3<f32>, half_size: vec3<f32>, round: f32) -> f32 {
    let q = abs(p) - (half_size - round);
    return length(max(q, vec3(0.0))) + min(max(max(q.x, q.y), q.z), 0.0) - round;
}

fn limb(q: vec2<f32>, long: f32, foot: f32, tip: f32) -> f32 {
    let lean = clamp((foot - tip) / long, -1.0, 1.0);
    let upright = sqrt(max(1.0 - lean * lean, 0.0));
    let along = q.y * upright - q.x * lean;
    if along < 0.0 {
        return length(q) - foot;
    }
    if along > upright * long {
        return length(vec2(q.x, q.y - long)) - tip;
    }
    return q.x * upright + q.y * lean - foot;
}

fn drum(q: vec2<f32>, half_height: f32, foot: f32, tip: f32) -> f32 {
    let rim = select(tip, foot, q.y < 0.0);
    let cap = vec2(max(q.x - rim, 0.0), abs(q.y) - half_height);
    let side = vec2(tip - foot, 2.0 * half_height);
    let from_foot = q - vec2(foot, -half_height);
    let share = clamp(dot(from_foot, side) / max(dot(side, side), 1e-9), 0.0, 1.0);
    let edge = from_foot - side * share;
    let nearest = sqrt(min(dot(edge, edge), dot(cap, cap)));
    return select(nearest, -nearest, edge.x < 0.0 && cap.y < 0.0);
}

fn ring(p: vec3<f32>, major: f32, end: vec2<f32>) -> f32 {
    let flat = vec2(abs(p.x), p.y);
    let across = select(length(flat), dot(flat, end), end.y * flat.x > end.x * flat.y);
    return sqrt(max(dot(p, p) + major * major - 2.0 * major * across, 0.0));
}

// Squared distance from `to` to the segment from the origin to `edge`.
fn beside(to: vec2<f32>, edge: vec2<f32>) -> f32 {
    let share = clamp(dot(to, edge) / max(dot(edge, edge), 1e-12), 0.0, 1.0);
    let off = to - edge * share;
    return dot(off, off);
}

fn outline(q: vec2<f32>, first: u32, count: u32) -> f32 {
    var previous = corner(first + count - 1u);
    var nearest = FAR;
    var inside = false;
    for (var i = 0u; i < count; i++) {
        let at = corner(first + i);
        let back = previous - at;
        let to = q - at;
        nearest = min(nearest, beside(to, back));
        if (to.y < 0.0) != (to.y < back.y) {
            let turn = back.x * to.y - back.y * to.x;
            if (turn > 0.0) == (back.y > 0.0) {
                inside = !inside;
            }
        }
        previous = at;
    }
    return select(1.0, -1.0, inside) * sqrt(nearest);
}

fn path(q: vec2<f32>, first: u32, count: u32) -> f32 {
    var previous = corner(first);
    var nearest = FAR;
    for (var i = 1u; i < count; i++) {
        let at = corner(first + i);
        nearest = min(nearest, beside(q - at, previous - at));
        previous = at;
    }
    return nearest;
}

// A scene point in a solid's own frame.
fn own(solid: u32, p: vec3<f32>) -> vec3<f32> {
    let turn = mat3x3<f32>(
        solid_numbers(solid, 0u).xyz,
        solid_numbers(solid, 1u).xyz,
        solid_numbers(solid, 2u).xyz,
    );
    return turn * (p - solid_numbers(solid, 3u).xyz);
}

// Distance from a scene point to a solid, in scene lengths.
fn one(solid: u32, at: vec3<f32>) -> f32 {
    let p = own(solid, at);
    let n = solid_numbers(solid, 5u);
    let span = solid_row(solid, 6u).zw;
    var d = FAR;
    switch solid_row(solid, 0u).w {
        case 0u: { d = ellipsoid(p, n.xyz); }
        case 1u: { d = block(p, n.xyz, n.w); }
        case 2u: { d = limb(vec2(radial(p), p.y), n.x, n.y, n.z); }
        case 3u: { d = drum(vec2(radial(p), p.y), n.x - n.w, n.y - n.w, n.z - n.w) - n.w; }
        case 4u: { d = ring(p, n.x, n.zw) - n.y; }
        case 5u: { d = outline(vec2(radial(p), p.y), span.x, span.y) - n.y; }
        case 6u: {
            let q = vec2(outline(p.xy, span.x, span.y), abs(p.z) - (n.x - n.y));
            d = length(max(q, vec2(0.0))) + min(max(q.x, q.y), 0.0) - n.y;
        }
        default: { d = sqrt(path(p.xy, span.x, span.y) + p.z * p.z) - n.x; }
    }
    return d * solid_numbers(solid, 3u).w;
}
