//! An engine behind its fence: any failure of the graphics stack, including a
//! hang, is returned as a value, and only the fence's thread uses the engine's
//! sessions.

use std::sync::Arc;
use std::time::Duration;

use super::fence::{Fence, Patience, Unanswered};
use super::{Description, Engine, LoadError, RunError, Session};
use crate::onnx::Canonical;

/// A GPU engine and the thread that it is used from.
#[derive(Clone)]
pub struct Fenced {
    engine: Arc<dyn Engine>,
    fence: Fence,
}

struct Loaded {
    /// Present until it is dropped.
    session: Option<Arc<dyn Session>>,
    by: Fenced,
}

impl Fenced {
    /// Fences an engine off.
    pub fn new(engine: impl Engine + 'static, patience: Patience) -> Self {
        Self { engine: Arc::new(engine), fence: Fence::new(patience) }
    }

    /// The thread with exclusive use of the adapter.
    pub fn fence(&self) -> &Fence {
        &self.fence
    }

    /// Why a failure ended the device, if it did; the device is not used again
    /// then.
    fn loss(&self) -> Option<String> {
        let why = self.engine.lost()?;
        self.fence.leave(why.clone());
        Some(why)
    }
}

impl Engine for Fenced {
    fn describe(&self) -> Description {
        self.engine.describe()
    }

    fn load(&self, model: &Canonical) -> Result<Box<dyn Session>, LoadError> {
        let (engine, model) = (Arc::clone(&self.engine), model.clone());
        let loaded = self.fence.load(move || engine.load(&model));
        let loaded = loaded.unwrap_or_else(|error| Err(error.into()));
        let session = loaded.map_err(|error| self.loss().map_or(error, LoadError::Lost))?;
        Ok(Box::new(Loaded { session: Some(Arc::from(session)), by: self.clone() }))
    }
}

impl Loaded {
    /// The work, with its own copy of the inputs: it may outlive the call.
    fn work(
        &self,
        inputs: &[&[f32]],
    ) -> impl FnOnce() -> Result<Vec<Vec<f32>>, RunError> + Send + use<> {
        let session = self.session.clone();
        let inputs: Vec<Vec<f32>> = inputs.iter().map(|&numbers| numbers.to_vec()).collect();
        move || {
            let gone = || RunError::Failed("the session is dropped".to_owned());
            let session = session.ok_or_else(gone)?;
            let views: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
            session.run(&views)
        }
    }

    fn told(&self, error: RunError) -> RunError {
        match error {
            RunError::Failed(_) | RunError::Panicked(_) => {
                self.by.loss().map_or(error, RunError::Lost)
            }
            error => error,
        }
    }
}

impl Session for Loaded {
    fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, RunError> {
        let ran = self.by.fence.load(self.work(inputs));
        ran.unwrap_or_else(|error| Err(error.into())).map_err(|error| self.told(error))
    }

    fn run_within(&self, inputs: &[&[f32]], within: Duration) -> Result<Vec<Vec<f32>>, RunError> {
        let ran = self.by.fence.serve(within, self.work(inputs));
        ran.unwrap_or_else(|error| Err(error.into())).map_err(|error| self.told(error))
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let session = self.session.take();
        self.by.fence.later(move || drop(session));
    }
}

impl From<Unanswered> for RunError {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::Panicked(what) => Self::Panicked(what),
            Unanswered::Lost(what) => Self::Lost(what),
            Unanswered::Busy => Self::Busy,
        }
    }
}

impl From<Unanswered> for LoadError {
    fn from(error: Unanswered) -> Self {
        match error {
            Unanswered::Panicked(what) => Self::Panicked(what),
            Unanswered::Lost(what) => Self::Lost(what),
            // No one gives up a load before its patience ends.
            Unanswered::Busy => Self::Refused("the adapter is busy".to_owned()),
        }
    }
}
