//! Units of the store, on a real database and through the whole service.

mod breakdowns;
mod sites;
mod vendor_keys;
