//! Tests of the whole system. Each starts a stack of its own and waits for it
//! most of the time: as one program, they fill each other's waits.

mod adopt;
mod bad_input;
mod clearance;
mod expiry;
mod filling;
mod gate;
mod internal;
mod jobs;
mod logs;
mod meter;
mod oracle;
mod outages;
mod outcomes;
mod own_routes;
mod pictures;
mod price;
mod probe;
mod publishing;
mod reasons;
mod recall;
mod redemption;
mod rings;
mod rollout;
mod rows;
mod stored;
