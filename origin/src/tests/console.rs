//! The pages, through the real router on a real database.

mod access;
mod anomalies;
mod audit;
mod defence;
mod dry_run;
pub mod factor;
mod forms;
mod journey;
mod keys;
mod korean;
mod language;
mod live;
mod lockout;
mod log_in;
mod models;
mod overview;
mod own_record;
mod passkeys;
mod password_reset;
mod photos;
mod privacy;
mod public;
mod rules;
pub mod settings;
mod statistics;
mod team;
mod visitor;
