//! Draws scenes on a graphics device, including labels, as `munjigi_scene`
//! draws them on the processor: the same rays through the same solids. The
//! shader is in `paint/shader`; `tests/paint` checks how closely its result
//! agrees with the processor's. What is drawn is decided elsewhere.

mod rows;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use munjigi_scene::flat::Rows;
use munjigi_scene::{Picture, Scene};
use thiserror::Error;
use wgpu::{BufferUsages, Device, Queue};

use crate::engine::fence::Unanswered;
use rows::Stack;

/// The shader; each of its files is one concern.
const SHADER: &str = concat!(
    include_str!("paint/shader/rows.wgsl"),
    include_str!("paint/shader/form.wgsl"),
    include_str!("paint/shader/solid.wgsl"),
    include_str!("paint/shader/surface.wgsl"),
    include_str!("paint/shader/shade.wgsl"),
    include_str!("paint/shader/march.wgsl"),
);

/// Number of bindings, in order: five input lists and two output buffers.
const BINDINGS: u32 = 7;
/// Width and height of a workgroup, in pixels.
const GROUP: u32 = 8;
/// No software adapter takes longer for a batch; a device that does has hung.
const PATIENCE: Duration = Duration::from_mins(2);

/// Draws on one device.
#[derive(Debug)]
pub struct Painter {
    device: Device,
    queue: Queue,
    layout: wgpu::BindGroupLayout,
    trace: wgpu::ComputePipeline,
    refine: wgpu::ComputePipeline,
}

/// A scene and the size of its picture.
#[derive(Debug, Clone, Copy)]
pub struct Order<'a> {
    pub scene: &'a Scene,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Why nothing was drawn. After `TooLarge` and `Busy`, other pictures may
/// succeed; after the others, the painter should not be used again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PaintError {
    /// No pixels, too many of them for the device, or too many things.
    #[error("the device cannot hold a picture of this size")]
    TooLarge,
    /// The device refused the shader or what it was given.
    #[error("the device refused: {0}")]
    Refused(String),
    /// The device was lost, or did not answer, now or earlier.
    #[error("the device is lost: {0}")]
    Lost(String),
    /// The graphics stack panicked; caught here.
    #[error("the graphics stack panicked: {0}")]
    Panicked(String),
    /// The result is not what was ordered.
    #[error("the device painted an impossible result: {0}")]
    Unsound(&'static str),
    /// It is busy with something else. A later call may succeed.
    #[error("the device is busy")]
    Busy,
}

/// A painter that can replace the processor.
pub trait Paint: Send + Sync {
    /// Draws several at once, in the order of the orders.
    fn paint_all(&self, orders: &[Order]) -> Result<Vec<Picture>, PaintError>;
}

impl PaintError {
    /// The stable code for logs and metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "picture-too-large",
            Self::Refused(_) => "engine-failed",
            Self::Lost(_) => "engine-lost",
            Self::Panicked(_) => "engine-panicked",
            Self::Unsound(_) => "engine-output-unsound",
            Self::Busy => "engine-busy",
        }
    }
}

impl From<Unanswered> for PaintError {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::Panicked(what) => Self::Panicked(what),
            Unanswered::Lost(what) => Self::Lost(what),
            Unanswered::Busy => Self::Busy,
        }
    }
}

impl Painter {
    /// Compiles the shader for a device.
    pub fn new(device: &Device, queue: &Queue) -> Result<Self, PaintError> {
        guarded(device, || {
            let layout = layout(device);
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("paint"),
                source: wgpu::ShaderSource::Wgsl(Cow::Borrowed(SHADER)),
            });
            let whole = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: Some("paint"),
                bind_group_layouts: &[Some(&layout)],
                ..Default::default()
            });
            let pipeline = |entry: &str| {
                device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(entry),
                    layout: Some(&whole),
                    module: &module,
                    entry_point: Some(entry),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    cache: None,
                })
            };
            let (trace, refine) = (pipeline("trace"), pipeline("refine"));
            Ok(Self { device: device.clone(), queue: queue.clone(), layout, trace, refine })
        })
    }

    /// Draws one scene.
    pub fn paint(&self, scene: &Scene, width: u32, height: u32) -> Result<Picture, PaintError> {
        let mut pictures = self.paint_all(&[Order { scene, width, height }])?;
        pictures.pop().ok_or_else(|| PaintError::Refused("no picture came back".to_owned()))
    }

    /// Whether the device can hold this much.
    fn check(&self, stack: &Stack, orders: &[Order]) -> Result<(), PaintError> {
        let limits = self.device.limits();
        let most = limits.max_storage_buffer_binding_size.min(limits.max_buffer_size);
        let groups = limits.max_compute_workgroups_per_dimension;
        let sides = orders.iter().map(|order| order.width.max(order.height).div_ceil(GROUP));
        let wide = sides.max().unwrap_or(0).max(u32::try_from(orders.len()).unwrap_or(u32::MAX));
        let fits = stack.largest() <= most && wide <= groups;
        if fits { Ok(()) } else { Err(PaintError::TooLarge) }
    }

    /// Draws the stacked scenes and returns one word per pixel.
    fn run(&self, stack: &Stack) -> Result<Vec<u32>, PaintError> {
        let buffer = |size: u64, usage: BufferUsages| {
            let label = Some("paint");
            self.device.create_buffer(&wgpu::BufferDescriptor {
                label,
                size,
                usage,
                mapped_at_creation: false,
            })
        };
        let mut buffers: Vec<wgpu::Buffer> = Vec::with_capacity(BINDINGS as usize);
        for bytes in stack.lists() {
            let list = buffer(bytes.len() as u64, BufferUsages::STORAGE | BufferUsages::COPY_DST);
            self.queue.write_buffer(&list, 0, &bytes);
            buffers.push(list);
        }
        let size = u64::from(stack.pixels()) * 4;
        buffers.push(buffer(size * 4, BufferUsages::STORAGE));
        buffers.push(buffer(size, BufferUsages::STORAGE | BufferUsages::COPY_SRC));
        let back = buffer(size, BufferUsages::MAP_READ | BufferUsages::COPY_DST);
        let entries: Vec<wgpu::BindGroupEntry> = (0..)
            .zip(&buffers)
            .map(|(binding, buffer)| wgpu::BindGroupEntry {
                binding,
                resource: buffer.as_entire_binding(),
            })
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("paint"),
            layout: &self.layout,
            entries: &entries,
        });
        let mut encoder =
            self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let [across, down] = stack.largest_picture().map(|side| side.div_ceil(GROUP));
        for pipeline in [&self.trace, &self.refine] {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &group, &[]);
            pass.dispatch_workgroups(across, down, stack.scenes());
        }
        encoder.copy_buffer_to_buffer(&buffers[BINDINGS as usize - 1], 0, &back, 0, size);
        let submission = self.queue.submit([encoder.finish()]);
        self.read(&back, submission)
    }

    fn read(
        &self,
        back: &wgpu::Buffer,
        submission: wgpu::SubmissionIndex,
    ) -> Result<Vec<u32>, PaintError> {
        let (sender, receiver) = mpsc::channel();
        back.map_async(wgpu::MapMode::Read, .., move |mapped| {
            // No one listens any more if the poll below failed.
            let _ = sender.send(mapped);
        });
        let wait =
            wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        self.device.poll(wait).map_err(|error| PaintError::Lost(error.to_string()))?;
        let mapped = receiver.try_recv().map_err(|error| PaintError::Lost(error.to_string()))?;
        mapped.map_err(|error| PaintError::Lost(error.to_string()))?;
        let bytes =
            back.get_mapped_range(..).map_err(|error| PaintError::Lost(error.to_string()))?;
        Ok(bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect())
    }
}

impl Paint for Painter {
    /// A single picture rarely fills a GPU.
    fn paint_all(&self, orders: &[Order]) -> Result<Vec<Picture>, PaintError> {
        if orders.is_empty() {
            return Ok(Vec::new());
        }
        let mut stack = Stack::default();
        for order in orders {
            let fits = order.scene.things.len() < 255 && order.width > 0 && order.height > 0;
            let added = fits && stack.add(&Rows::of(order.scene), order.width, order.height);
            if !added {
                return Err(PaintError::TooLarge);
            }
        }
        self.check(&stack, orders)?;
        let words = guarded(&self.device, || self.run(&stack))?;
        Ok(pictures(orders, &words))
    }
}

/// Splits the words of all pixels into pictures.
fn pictures(orders: &[Order], words: &[u32]) -> Vec<Picture> {
    let mut rest = words;
    let mut cut = |&Order { width, height, .. }: &Order| {
        let (own, after) = rest.split_at((width * height) as usize);
        rest = after;
        let bytes = || own.iter().map(|word| word.to_le_bytes());
        let rgb = bytes().flat_map(|[red, green, blue, _]| [red, green, blue]).collect();
        Picture { width, height, rgb, labels: bytes().map(|[.., label]| label).collect() }
    };
    orders.iter().map(&mut cut).collect()
}

fn layout(device: &Device) -> wgpu::BindGroupLayout {
    let entries: Vec<wgpu::BindGroupLayoutEntry> = (0..BINDINGS)
        .map(|binding| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: wgpu::BufferBindingType::Storage { read_only: binding < BINDINGS - 2 },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: Some("paint"),
        entries: &entries,
    })
}

/// Runs work on a device; panics, and errors that the device reports elsewhere,
/// become errors.
fn guarded<T>(
    device: &Device,
    work: impl FnOnce() -> Result<T, PaintError>,
) -> Result<T, PaintError> {
    let worked = catch_unwind(AssertUnwindSafe(|| {
        let invalid = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let internal = device.push_error_scope(wgpu::ErrorFilter::Internal);
        let worked = work();
        let reported = [internal.pop(), memory.pop(), invalid.pop()].map(pollster::block_on);
        match reported.into_iter().flatten().next() {
            Some(error) => Err(PaintError::Refused(error.to_string())),
            None => worked,
        }
    }));
    worked.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
        Err(PaintError::Panicked(text.unwrap_or_else(|| "no message".to_owned())))
    })
}
