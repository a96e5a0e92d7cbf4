// The bindings, and how a row is read. The rows are those of
// `munjigi_scene::flat`; rows of several scenes follow each other, and their
// indexes count from the start of the buffers.

// Per scene: first thing, things, first pixel, 0 · width, height, 0, 0 · then
// the scene's own frame.
@group(0) @binding(0) var<storage, read> frames: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> things: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> solids: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> materials: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read> points: array<vec4<u32>>;
// Colour in linear light, and the label.
@group(0) @binding(5) var<storage, read_write> samples: array<vec4<f32>>;
// Red in the lowest byte, green, blue, label.
@group(0) @binding(6) var<storage, read_write> pixels: array<u32>;

const HEAD_ROWS: u32 = 2u;
const FRAME_ROWS: u32 = 17u;
const THING_ROWS: u32 = 2u;
const SOLID_ROWS: u32 = 7u;
const MATERIAL_ROWS: u32 = 3u;

// Larger than any distance in a scene.
const FAR: f32 = 1e30;

// The first row of the scene that this invocation draws.
var<private> scene: u32;

fn head(row: u32) -> vec4<u32> {
    return frames[scene + row];
}

fn words(row: u32) -> vec4<u32> {
    return frames[scene + HEAD_ROWS + row];
}

fn frame(row: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(words(row));
}

fn ball_of_thing(thing: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(things[thing * THING_ROWS]);
}

fn solids_of_thing(thing: u32) -> vec2<u32> {
    return things[thing * THING_ROWS + 1u].xy;
}

fn solid_row(solid: u32, row: u32) -> vec4<u32> {
    return solids[solid * SOLID_ROWS + row];
}

fn solid_numbers(solid: u32, row: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(solid_row(solid, row));
}

fn corner(index: u32) -> vec2<f32> {
    let row = bitcast<vec4<f32>>(points[index / 2u]);
    return select(row.zw, row.xy, index % 2u == 0u);
}
