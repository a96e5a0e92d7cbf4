// Patterns, wear and dapples, as in `surface.rs` of the scene crate.

struct Coat {
    colour: vec3<f32>,
    gloss: f32,
    metal: f32,
}

fn mixed(a: Coat, b: Coat, share: f32) -> Coat {
    return Coat(
        mix(a.colour, b.colour, share),
        mix(a.gloss, b.gloss, share),
        mix(a.metal, b.metal, share),
    );
}

// Hermite's step; `smoothstep` is not defined for an end below its start.
fn smooth_step(start: f32, end: f32, at: f32) -> f32 {
    let share = clamp((at - start) / (end - start), 0.0, 1.0);
    return share * share * (3.0 - 2.0 * share);
}

fn edge(d: f32) -> f32 {
    return smooth_step(0.04, -0.04, d);
}

fn whole(at: vec3<f32>) -> vec3<i32> {
    return vec3<i32>(clamp(at, vec3(-1e6), vec3(1e6)));
}

fn hash(cell: vec3<i32>) -> f32 {
    let c = bitcast<vec3<u32>>(cell);
    var mixed_bits = (c.x * 0x8DA6B343u) ^ (c.y * 0xD8163841u) ^ (c.z * 0xCB1AB31Fu);
    mixed_bits = (mixed_bits ^ (mixed_bits >> 15u)) * 0x2C1B3C6Du;
    mixed_bits = (mixed_bits ^ (mixed_bits >> 12u)) * 0x297A2D39u;
    return f32((mixed_bits ^ (mixed_bits >> 15u)) >> 8u) / 16777216.0;
}

fn noise(p: vec3<f32>) -> f32 {
    let below = floor(p);
    var f = p - below;
    f = f * f * (vec3(3.0) - f * 2.0);
    let cell = whole(below);
    let a = mix(hash(cell), hash(cell + vec3(1, 0, 0)), f.x);
    let b = mix(hash(cell + vec3(0, 1, 0)), hash(cell + vec3(1, 1, 0)), f.x);
    let c = mix(hash(cell + vec3(0, 0, 1)), hash(cell + vec3(1, 0, 1)), f.x);
    let d = mix(hash(cell + vec3(0, 1, 1)), hash(cell + vec3(1, 1, 1)), f.x);
    return mix(mix(a, b, f.y), mix(c, d, f.y), f.z);
}

fn terrazzo(p: vec3<f32>) -> f32 {
    let below = floor(p);
    let cell = whole(below);
    let centre = vec3(hash(cell + 101), hash(cell + 211), hash(cell + 307)) * 0.3 + 0.35;
    let radius = 0.16 + 0.24 * hash(cell + 401);
    let d = length(p - below - centre);
    return smooth_step(radius + 0.03, radius - 0.03, d) * (0.4 + 0.6 * hash(cell + 503));
}

fn both(a: f32, b: f32) -> f32 {
    return a + b - 2.0 * a * b;
}

// Distance from the middle of the repeat, minus a quarter: below 0 in a stripe.
fn stripe(at: f32) -> f32 {
    return abs(fract(at) - 0.5) - 0.25;
}

fn thread(at: f32) -> f32 {
    return 1.0 - abs(fract(at) - 0.5) * 2.0;
}

// The share of the second colour.
fn share_of(pattern: u32, p: vec3<f32>) -> f32 {
    var share = 0.0;
    switch pattern {
        case 0u: {}
        case 1u: {
            let rings = noise(vec3(p.x, p.y * 0.12, p.z) * 1.3) * 5.0 + p.x * 0.6;
            let band = abs(fract(rings) - 0.5) * 2.0;
            share = band * 0.6 + noise(vec3(p.x * 7.0, p.y * 0.5, p.z * 7.0)) * 0.4;
        }
        case 2u: { share = thread(p.x + p.z) * thread(p.y + 0.5); }
        case 3u: { share = edge(stripe(p.y)); }
        case 4u: { share = edge(length(fract(p) - 0.5) - 0.33); }
        case 5u: { share = smooth_step(0.62, 0.72, noise(p * 4.0)); }
        case 6u: { share = both(edge(stripe(p.x)), edge(stripe(p.z))); }
        case 7u: {
            let board = floor(p.z);
            let across = abs(p.z - board - 0.5);
            let shade = hash(vec3(whole(vec3(board)).x, 7, 3));
            let fibre = noise(vec3(p.x * 0.7, board * 5.0, p.z * 9.0));
            share = shade * 0.5 + fibre * 0.3 + smooth_step(0.46, 0.49, across) * 0.9;
        }
        case 8u: {
            let soft = noise(p) * 0.6 + noise(p * 2.3) * 0.3 + noise(p * 5.1) * 0.1;
            share = smooth_step(0.25, 0.75, soft);
        }
        case 9u: {
            let unit = p.xz / max(radial(p), 1e-6);
            let twice = vec2(unit.x * unit.x - unit.y * unit.y, 2.0 * unit.x * unit.y);
            share = smooth_step(-0.08, 0.08, 2.0 * twice.x * twice.y);
        }
        case 10u: { share = edge(stripe(p.x + p.z * 0.73)); }
        case 11u: {
            share = both(both(edge(stripe(p.x)), edge(stripe(p.y))), edge(stripe(p.z)));
        }
        case 12u: { share = edge(stripe(p.y + p.z + abs(fract(p.x) - 0.5) * 1.2)); }
        case 13u: { share = terrazzo(p) * 0.8 + terrazzo(p * 2.3 + 5.0) * 0.4; }
        case 14u: { share = smooth_step(0.5, 0.56, noise(p) * 0.7 + noise(p * 2.1) * 0.3); }
        case 15u: {
            let a = edge(abs(fract(p.x) - 0.5) - 0.2);
            let b = edge(abs(fract(p.y + p.z) - 0.5) - 0.2);
            share = 0.5 * a + 0.5 * b;
        }
        case 16u: { share = smooth_step(0.05, 0.95, abs(fract((p.y + p.z) * 0.5) - 0.5) * 2.0); }
        default: { share = edge(stripe(length(p))); }
    }
    return clamp(share, 0.0, 1.0);
}

// The coat of a material at a point in a part's own frame; `blur` is the
// width of a pixel there.
fn coat_of(material: u32, at: vec3<f32>, blur: f32) -> Coat {
    let pattern = materials[material * MATERIAL_ROWS].w;
    let base = bitcast<vec3<f32>>(materials[material * MATERIAL_ROWS].xyz);
    let accent = bitcast<vec4<f32>>(materials[material * MATERIAL_ROWS + 1u]);
    let finish = bitcast<vec4<f32>>(materials[material * MATERIAL_ROWS + 2u]);
    let frequency = accent.w;
    let detail = clamp(1.0 - blur * frequency * 1.6, 0.0, 1.0);
    let share = share_of(pattern, at * frequency);
    let seen = 0.5 + (share - 0.5) * select(detail, 1.0, pattern == 0u);
    var coat = Coat(mix(base, accent.xyz, seen), finish.x, finish.y);
    let wear = finish.z;
    if wear > 0.0 {
        let scuff = noise(at * 11.0) * 0.6 + noise(at * 31.0) * 0.4;
        let worn = smooth_step(0.86 - wear * 0.55, 0.98 - wear * 0.55, scuff);
        coat.colour = mix(coat.colour, coat.colour * 0.82 + 0.1, worn * 0.6);
        coat.gloss *= 1.0 - 0.7 * worn;
    }
    return coat;
}

// The share of the lamp that passes through its screen.
fn dappled(across: vec2<f32>) -> f32 {
    let dapple = frame(13u);
    if dapple.z <= 0.0 {
        return 1.0;
    }
    let at = across * dapple.y;
    var open = 0.0;
    if words(13u).x == 0u {
        let p = vec3(at, 0.5);
        open = smooth_step(0.36, 0.62, noise(p) * 0.62 + noise(p * 2.3) * 0.38);
    } else {
        open = smooth_step(-0.14, 0.14, 0.24 - abs(fract(at.y) - 0.5));
    }
    return 1.0 - dapple.z * (1.0 - open);
}
