//! Development tools around the product: set-up, supervised local processes,
//! stacks of real services, checks, bench tables. What users of the product run
//! does not live here.

pub mod builds;
pub mod checks;
pub mod clock;
pub mod command;
pub mod failures;
pub mod files;
pub mod gate;
pub mod glossary;
pub mod gpu_backend;
pub mod http;
pub mod images;
pub mod keys;
pub mod lock;
pub mod manifest;
pub mod node;
pub mod origin;
pub mod pgbouncer;
pub mod ports;
pub mod postgres;
pub mod process;
pub mod project;
pub mod publish;
pub mod queries;
pub mod randomness;
pub mod readme;
pub mod redis;
pub mod say;
pub mod security;
pub mod setup;
pub mod stack;
mod together;
pub mod wait;
pub mod workerd;
pub mod wrangler;
