//! Finds and opens a graphics adapter. `choice` decides which one is used.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wgpu::{AdapterInfo, Device, DeviceType, Queue};

#[derive(Clone, Debug)]
pub struct Gpu {
    /// The device; cheap to clone.
    pub device: Device,
    /// The device's queue; cheap to clone.
    pub queue: Queue,
    pub info: AdapterInfo,
    /// The first error that no call was waiting for, such as a refused shader.
    pub error: Arc<Mutex<Option<String>>>,
    /// Why the device is gone for good, once it is.
    pub lost: Arc<OnceLock<String>>,
}

impl Gpu {
    /// Takes the error that was noted since the last call.
    pub fn take_error(&self) -> Option<String> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Name, backend and driver in one line.
    pub fn describe(&self) -> String {
        let AdapterInfo { name, backend, driver, driver_info, device_type, .. } = &self.info;
        format!("{name} ({backend}, {device_type:?}, {driver} {driver_info})")
    }
}

/// Every adapter of this machine, best first: discrete, integrated, virtual,
/// unknown, software.
pub fn adapters() -> Vec<wgpu::Adapter> {
    // No others are started: OpenGL, for example, complains where there is no
    // display.
    let backends = wgpu::Backends::PRIMARY;
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let mut found = pollster::block_on(instance.enumerate_adapters(backends));
    found.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    found
}

/// Whether it is a GPU rather than a software adapter, which is for tests.
pub fn is_real(device_type: DeviceType) -> bool {
    device_type != DeviceType::Cpu
}

fn rank(device_type: DeviceType) -> u8 {
    match device_type {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    }
}

/// Opens an adapter with its own limits, so that large layers fit.
pub fn open(adapter: &wgpu::Adapter) -> Result<Gpu, String> {
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("munjigi"),
        required_limits: adapter.limits(),
        ..Default::default()
    };
    let (device, queue) = pollster::block_on(adapter.request_device(&descriptor))
        .map_err(|error| error.to_string())?;
    let error = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&error);
    // wgpu's own handler panics, on any thread that polls.
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.get_or_insert_with(|| error.to_string());
    }));
    let lost = Arc::new(OnceLock::new());
    let gone = Arc::clone(&lost);
    device.set_device_lost_callback(move |reason, text| {
        // Reported once; later reports are about the same loss.
        let _ = gone.set(format!("the device is lost ({reason:?}): {text}"));
    });
    Ok(Gpu { device, queue, info: adapter.get_info(), error, lost })
}
