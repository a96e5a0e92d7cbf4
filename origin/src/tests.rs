//! Units of the store, of delivery and of the factory, on a real database and
//! through the whole service.

mod api;
mod breakdowns;
mod cache;
mod components;
mod console;
mod deliveries;
mod hosts;
mod learning;
mod lists;
mod mail;
mod notifications;
mod photos;
mod pictures;
mod publish;
mod sites;
mod telemetry;
mod vendor_keys;
