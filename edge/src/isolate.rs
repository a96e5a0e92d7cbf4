//! The state of this isolate, created at its first event.
//!
//! **isolate**: one instance of the Worker, with counters and caches in memory
//! that may be lost at any time.

use std::cell::OnceCell;

use js_sys::{Object, Reflect};
use munjigi_serving::config::Config;
use munjigi_serving::log::{Level, Line};
use munjigi_serving::state::State;
use worker::Env;
use worker::wasm_bindgen::{JsCast, JsValue};

use crate::console;

thread_local! {
    static ISOLATE: OnceCell<Option<&'static State>> = const { OnceCell::new() };
}

/// The state; `None` if its configuration has mistakes, which the log names.
pub fn of(env: &Env) -> Option<&'static State> {
    ISOLATE.with(|isolate| *isolate.get_or_init(|| start(env)))
}

fn start(env: &Env) -> Option<&'static State> {
    let names = Object::keys(env.unchecked_ref::<Object>());
    let names = names.iter().filter_map(|name| name.as_string());
    let lookup = |name: &str| Reflect::get(env, &JsValue::from_str(name)).ok()?.as_string();
    match Config::parse(lookup, names) {
        // Leaked once per isolate, so that futures need no reference counting.
        Ok(config) => {
            if config.calls.from_ring {
                let detail = "set it to the output of `munjigi keys derive edge`";
                let line = Line::new(Level::Warn, "internal-ring-at-the-edge");
                console::write(&line.with_detail(detail));
            }
            Some(Box::leak(Box::new(State::new(config))))
        }
        Err(mistakes) => {
            console::mistakes(&mistakes);
            None
        }
    }
}
