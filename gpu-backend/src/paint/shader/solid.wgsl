// All parts of a scene, as `solid.rs` of the scene crate blends them.

const MELT: u32 = 1u;
const CARVE: u32 = 2u;

// The lower of two distances with a fillet, and the share of the second.
fn melt(d: f32, other: f32, reach: f32) -> vec2<f32> {
    let overlap = max(reach - abs(d - other), 0.0) / reach;
    let share = clamp(0.5 + 0.5 * (d - other) / reach, 0.0, 1.0);
    return vec2(min(d, other) - overlap * overlap * reach * 0.25, share);
}

fn outside(ball: vec4<f32>, p: vec3<f32>, more: f32) -> bool {
    let far = ball.w + more;
    let to = p - ball.xyz;
    return far <= 0.0 || dot(to, to) > far * far;
}

// Distance to the nearest part, at most `within`.
fn distance_to(p: vec3<f32>, within: f32) -> f32 {
    var best = within;
    let list = head(0u).xy;
    for (var thing = list.x; thing < list.x + list.y; thing++) {
        if outside(ball_of_thing(thing), p, best) {
            continue;
        }
        var current = FAR;
        let parts = solids_of_thing(thing);
        for (var solid = parts.x; solid < parts.x + parts.y; solid++) {
            let blend = solid_row(solid, 1u).w;
            let limit = select(min(current, best), -current, blend == CARVE);
            if outside(solid_numbers(solid, 4u), p, limit) {
                continue;
            }
            let d = one(solid, p);
            if blend == MELT {
                current = melt(current, d, solid_numbers(solid, 2u).w).x;
            } else if blend == CARVE {
                current = max(current, -d);
            } else {
                current = min(current, d);
            }
        }
        best = min(best, current);
    }
    return best;
}

// The part at a surface, and another that flows into it with its share.
struct Touch {
    distance: f32,
    solid: u32,
    other: u32,
    share: f32,
}

fn touch(p: vec3<f32>, reach: f32) -> Touch {
    var best = Touch(FAR, 0u, 0u, 0.0);
    let list = head(0u).xy;
    for (var thing = list.x; thing < list.x + list.y; thing++) {
        if outside(ball_of_thing(thing), p, reach) {
            continue;
        }
        var current = Touch(FAR, 0u, 0u, 0.0);
        let parts = solids_of_thing(thing);
        for (var solid = parts.x; solid < parts.x + parts.y; solid++) {
            if outside(solid_numbers(solid, 4u), p, reach) {
                continue;
            }
            let blend = solid_row(solid, 1u).w;
            let d = one(solid, p);
            if blend == CARVE {
                current.distance = max(current.distance, -d);
            } else if blend == MELT {
                let both = melt(current.distance, d, solid_numbers(solid, 2u).w);
                if both.y > 0.5 {
                    current = Touch(both.x, solid, current.solid, 1.0 - both.y);
                } else if both.y > 0.0 {
                    current = Touch(both.x, current.solid, solid, both.y);
                } else {
                    current.distance = both.x;
                }
            } else if d < current.distance {
                current = Touch(d, solid, solid, 0.0);
            }
        }
        if current.distance < best.distance {
            best = current;
        }
    }
    return best;
}

// The section of a ray among the things enlarged by `margin`, and by `spread`
// per length: first and last place; the last is 0 if it meets none.
fn among(origin: vec3<f32>, towards: vec3<f32>, margin: f32, spread: f32) -> vec2<f32> {
    var bounds = vec2(FAR, 0.0);
    let list = head(0u).xy;
    for (var thing = list.x; thing < list.x + list.y; thing++) {
        let ball = ball_of_thing(thing);
        let to = ball.xyz - origin;
        let along = dot(to, towards);
        let radius = ball.w * (1.0 + spread) + margin + spread * max(along, 0.0);
        let inside = radius * radius + along * along - dot(to, to);
        if inside >= 0.0 && along >= -radius {
            let reach = sqrt(inside);
            bounds = vec2(min(bounds.x, along - reach), max(bounds.y, along + reach));
        }
    }
    return vec2(max(bounds.x, 0.0), bounds.y);
}
