//! Engines that break on request: until then they compute on the processor,
//! under a GPU's name.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use munjigi_gpu_backend::engine::{Description, Engine, Kind, LoadError, Rten, RunError, Session};
use munjigi_gpu_backend::onnx::Canonical;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    Panics,
    Fails,
    /// The same, and the device is gone for good.
    Lost,
    /// Returns NaN.
    Rubbish,
    Hangs,
}

/// When the fault occurs.
pub struct Switch {
    fault: Fault,
    runs: AtomicUsize,
    breaks_at: AtomicUsize,
    faults: AtomicUsize,
    is_repaired: Mutex<bool>,
    repaired: Condvar,
}

impl Switch {
    fn new(fault: Fault) -> Arc<Self> {
        Arc::new(Self {
            fault,
            runs: 0.into(),
            breaks_at: usize::MAX.into(),
            faults: 0.into(),
            is_repaired: Mutex::default(),
            repaired: Condvar::new(),
        })
    }

    /// After this many runs, every run is a fault.
    pub fn break_after(&self, runs: usize) {
        self.breaks_at.store(self.runs() + runs, Ordering::SeqCst);
    }

    /// Makes it work again; runs that hang return.
    pub fn repair(&self) {
        self.breaks_at.store(usize::MAX, Ordering::SeqCst);
        *self.is_repaired.lock().unwrap() = true;
        self.repaired.notify_all();
    }

    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.runs.load(Ordering::SeqCst)
    }

    /// Number of runs while it was broken.
    pub fn faults(&self) -> usize {
        self.faults.load(Ordering::SeqCst)
    }

    /// The fault, if this run is one. A run that hangs returns after the
    /// repair.
    fn next(&self) -> Option<Fault> {
        let run = self.runs.fetch_add(1, Ordering::SeqCst);
        if run < self.breaks_at.load(Ordering::SeqCst) {
            return None;
        }
        self.faults.fetch_add(1, Ordering::SeqCst);
        match self.fault {
            Fault::Panics => panic!("a driver's bug"),
            Fault::Hangs => {
                let is_repaired = self.is_repaired.lock().unwrap();
                drop(self.repaired.wait_while(is_repaired, |is_repaired| !*is_repaired).unwrap());
                None
            }
            fault => Some(fault),
        }
    }
}

pub struct Broken(Arc<Switch>);

impl Broken {
    pub fn new(fault: Fault) -> (Self, Arc<Switch>) {
        let switch = Switch::new(fault);
        (Self(Arc::clone(&switch)), switch)
    }
}

struct BrokenSession {
    inner: Box<dyn Session>,
    switch: Arc<Switch>,
}

impl Engine for Broken {
    fn describe(&self) -> Description {
        Description { name: "wonnx", kind: Kind::Gpu, device: "a fake".to_owned() }
    }

    fn load(&self, model: &Canonical) -> Result<Box<dyn Session>, LoadError> {
        let (inner, switch) = (Rten.load(model)?, Arc::clone(&self.0));
        Ok(Box::new(BrokenSession { inner, switch }))
    }

    fn lost(&self) -> Option<String> {
        let is_lost = self.0.fault == Fault::Lost && self.0.faults() > 0;
        is_lost.then(|| "pulled out".to_owned())
    }
}

impl Session for BrokenSession {
    fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError> {
        let fault = self.switch.next();
        let mut outputs = self.inner.run(inputs)?;
        match fault {
            None => {}
            Some(Fault::Rubbish) => {
                for numbers in &mut outputs {
                    numbers.fill(f32::NAN);
                }
            }
            Some(_) => return Err(RunError::Failed("the driver is confused".to_owned())),
        }
        Ok(outputs)
    }
}
