//! Pictures for `scripts/dev`. They start after everything else: the
//! gpu-backend takes minutes to build, and no visitor waits for it.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::builds::{Beside, Build};
use crate::clock::Stopwatch;
use crate::process::Service;
use crate::project::Project;
use crate::stack::{Stack, pools};

const INSTEAD: &str = "until then, risky visitors get a longer puzzle";

/// The progress of the pictures.
#[derive(Debug)]
pub(super) struct Making {
    stage: Stage,
    watch: Stopwatch,
    told: BTreeSet<String>,
}

#[derive(Debug)]
enum Stage {
    Building(Box<Beside>),
    Starting,
    Filling,
    Ready,
    /// Reported once; everything else continues.
    Failed,
}

impl Making {
    /// Starts; later failures are only reported.
    pub(super) fn begin(project: &Project, stack: &mut Stack) -> Self {
        let mut making =
            Self { stage: Stage::Starting, watch: Stopwatch::start(), told: BTreeSet::new() };
        let log = stack.logs().join("gpu-backend-build.log");
        let begun = match Build::GpuBackend.beside(project, log.clone()) {
            Ok(None) => stack.gpu.launch(),
            Ok(Some(build)) => {
                println!(
                    "   gpu-backend: building, some minutes the first time ({}); {INSTEAD}",
                    log.display()
                );
                making.stage = Stage::Building(Box::new(build));
                Ok(())
            }
            Err(error) => Err(error),
        };
        making.told_if_failed(begun);
        making
    }

    /// Checks the progress and reports what is new.
    pub(super) async fn look(&mut self, stack: &mut Stack) {
        let next = self.next(stack).await;
        match next {
            Ok(Some(stage)) => self.stage = stage,
            Ok(None) => {}
            Err(error) => {
                stack.gpu.kill();
                self.told_if_failed(Err(error));
            }
        }
    }

    async fn next(&mut self, stack: &mut Stack) -> Result<Option<Stage>> {
        stack.gpu.check_alive()?;
        match &mut self.stage {
            Stage::Building(build) => {
                if !build.is_done()? {
                    return Ok(None);
                }
                println!("   gpu-backend: built after {}", self.watch);
                stack.gpu.launch()?;
                Ok(Some(Stage::Starting))
            }
            Stage::Starting => {
                if !stack.gpu.is_ready().await {
                    return Ok(None);
                }
                println!("   gpu-backend: {}; the pools are being filled", stack.gpu.url());
                Ok(Some(Stage::Filling))
            }
            Stage::Filling => {
                let ready = pools::ready_kinds(&stack.database.url()).await.unwrap_or_default();
                for kind in &ready {
                    if self.told.insert(kind.clone()) {
                        println!("   pictures: {kind} after {}", self.watch);
                    }
                }
                let all = pools::KINDS.iter().all(|kind| ready.contains(*kind));
                Ok(all.then_some(Stage::Ready))
            }
            Stage::Ready | Stage::Failed => Ok(None),
        }
    }

    fn told_if_failed(&mut self, outcome: Result<()>) {
        if let Err(error) = outcome {
            eprintln!("   no pictures, but everything else works: {error:#}");
            self.stage = Stage::Failed;
        }
    }
}
