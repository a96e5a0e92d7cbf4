//! The browser as [`Host`]: imports, exports, allocator. `src-ts/frame.ts` is the other side.
//!
//! Hand-written, because wasm-bindgen's glue, `dlmalloc` and `core::fmt` would
//! be more than half of the download (README.md). Strings cross as address and
//! length, numbers by value.
#![expect(
    unsafe_code,
    reason = "exported names, the one global widget and the allocator; each with its proof"
)]

extern crate alloc;

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;

use crate::{
    Element, Hidden, Host, Machine, Mode, Outcome, Request, Retry, Step, Task, Text, Timer, View,
};

#[link(wasm_import_module = "m")]
unsafe extern "C" {
    // SAFETY (each `safe`): the other side reads at most the named bytes during the call, writes
    // nothing, and never calls back into the widget before it returns.
    #[link_name = "a"]
    safe fn say(place: Element, text: Text, number: u32);
    #[link_name = "b"]
    safe fn set(
        place: Element,
        name: *const u8,
        name_len: usize,
        value: *const u8,
        value_len: usize,
    );
    #[link_name = "c"]
    safe fn hide(place: Element, hidden: Hidden);
    #[link_name = "d"]
    safe fn progress(percent: u32);
    #[link_name = "e"]
    safe fn help(text: Text);
    #[link_name = "f"]
    safe fn fit();
    #[link_name = "g"]
    safe fn refuse(code: *const u8, code_len: usize);
    #[link_name = "h"]
    safe fn post(message: *const u8, message_len: usize, value: *const u8, value_len: usize);
    #[link_name = "i"]
    safe fn request(request: Request, nonces: *const f64, count: usize);
    #[link_name = "j"]
    safe fn timer(timer: Timer, milliseconds: u32);
    #[link_name = "k"]
    safe fn workers(most: u32) -> u32;
    #[link_name = "l"]
    safe fn search(worker: u32, index: u32, start: f64, code: *const u8, code_len: usize);
    #[link_name = "n"]
    safe fn stop();
    #[link_name = "o"]
    safe fn view(view: View, number: u32);
}

struct Browser {
    #[cfg(feature = "hashwx")]
    module: alloc::vec::Vec<u8>,
}

impl Host for Browser {
    fn say(&mut self, place: Element, text: Text, number: u32) {
        say(place, text, number);
    }
    fn set(&mut self, place: Element, name: &str, value: &str) {
        set(place, name.as_ptr(), name.len(), value.as_ptr(), value.len());
    }
    fn hide(&mut self, place: Element, hidden: Hidden) {
        hide(place, hidden);
    }
    fn progress(&mut self, percent: u32) {
        progress(percent);
    }
    fn help(&mut self, text: Text) {
        help(text);
    }
    fn fit(&mut self) {
        fit();
    }
    fn refuse(&mut self, code: &str) {
        refuse(code.as_ptr(), code.len());
    }
    fn post(&mut self, message: &str, value: &str) {
        post(message.as_ptr(), message.len(), value.as_ptr(), value.len());
    }
    fn request(&mut self, what: Request, nonces: &[f64]) {
        request(what, nonces.as_ptr(), nonces.len());
    }
    fn view(&mut self, what: View, number: u32) {
        view(what, number);
    }
    fn timer(&mut self, which: Timer, milliseconds: u32) {
        timer(which, milliseconds);
    }
    fn workers(&mut self, most: u32) -> u32 {
        workers(most)
    }
    #[cfg(feature = "hashwx")]
    fn search(&mut self, task: Task, step: &Step) {
        // SAFETY: a copy; the other side writes between calls only.
        let inbox = unsafe { INBOX.0.get().read() };
        let seed = munjigi_pow::seed(&inbox.id, task.index, task.epoch.into());
        self.module.clear();
        munjigi_pow::codegen::module(&seed, &mut self.module);
        let start = f64::from(task.epoch) * step.epoch_len;
        search(task.worker, task.index, start, self.module.as_ptr(), self.module.len());
    }
    #[cfg(not(feature = "hashwx"))]
    fn search(&mut self, task: Task, step: &Step) {
        let start = f64::from(task.epoch) * step.epoch_len;
        search(task.worker, task.index, start, core::ptr::null(), 0);
    }
    fn stop(&mut self) {
        stop();
    }
}

/// Something that only one thread ever touches.
struct Single<T>(UnsafeCell<T>);

// SAFETY: this module is compiled without threads; workers have memories of their own.
unsafe impl<T> Sync for Single<T> {}

static WIDGET: Single<Machine<Browser>> = Single(UnsafeCell::new(Machine::new(Browser {
    #[cfg(feature = "hashwx")]
    module: alloc::vec::Vec::new(),
})));

/// The memory into which the other side writes what it passes by address.
#[derive(Clone, Copy)]
#[repr(C)]
struct Inbox {
    id: [u8; 16],
    /// Code of a refusal.
    code: [u8; 32],
}

static INBOX: Single<Inbox> = Single(UnsafeCell::new(Inbox { id: [0; 16], code: [0; 32] }));

fn with(then: impl FnOnce(&mut Machine<Browser>)) {
    // SAFETY: the only borrow: every export calls this once, and no import calls back.
    then(unsafe { &mut *WIDGET.0.get() });
}

fn with_code(len: usize, then: impl FnOnce(&mut Machine<Browser>, &[u8])) {
    // SAFETY: a copy; the other side writes between calls only.
    let code = unsafe { INBOX.0.get().read() }.code;
    with(|widget| then(widget, code.get(..len).unwrap_or_default()));
}

/// Address of the inbox.
#[unsafe(export_name = "a")]
extern "C" fn inbox() -> *mut Inbox {
    INBOX.0.get()
}

#[unsafe(export_name = "b")]
extern "C" fn start(mode: u32, never_retry: u32) {
    let mode = match mode {
        0 => Mode::Managed,
        1 => Mode::Interactive,
        _ => Mode::Invisible,
    };
    let retry = if never_retry == 0 { Retry::Auto } else { Retry::Never };
    with(|widget| widget.start(mode, retry));
}

#[unsafe(export_name = "c")]
extern "C" fn fail(code_len: usize) {
    with_code(code_len, Machine::fail);
}

/// An event without data.
#[unsafe(export_name = "d")]
extern "C" fn event(kind: u32) {
    with(|widget| match kind {
        0 => widget.second(),
        1 => widget.expiry(),
        2 => widget.stale(),
        3 => widget.interaction(),
        4 => widget.execute(),
        5 => widget.reset(),
        6 => widget.click(),
        7 => widget.online(),
        8 => widget.pictured(),
        9 => widget.close(),
        10 => widget.answer(),
        11 => widget.another(),
        _ => widget.way(),
    });
}

#[unsafe(export_name = "e")]
extern "C" fn puzzle(first: u32, count: u32, work: f64, epoch_len: f64, seconds: u32) {
    with(|widget| widget.puzzle(Step { first, count, work, epoch_len }, seconds));
}

#[unsafe(export_name = "i")]
extern "C" fn picture(lifetime_seconds: u32) {
    with(|widget| widget.picture(lifetime_seconds));
}

#[unsafe(export_name = "f")]
extern "C" fn passed(lifetime_seconds: u32) {
    with(|widget| widget.passed(lifetime_seconds));
}

#[unsafe(export_name = "g")]
extern "C" fn refused(status: u32, code_len: usize, retry_after_seconds: u32) {
    with_code(code_len, |widget, code| {
        widget.refused(Outcome::of(status, code, retry_after_seconds));
    });
}

#[unsafe(export_name = "h")]
extern "C" fn searched(worker: u32, index: u32, nonce: f64) {
    with(|widget| widget.searched(worker, index, nonce));
}

/// Never frees: the only buffer, for generated modules, is kept and grows a few
/// times.
struct Bump;

const HEAP_BYTES: usize = 128 * 1024;
static HEAP: Single<[u8; HEAP_BYTES]> = Single(UnsafeCell::new([0; HEAP_BYTES]));
static USED: Single<usize> = Single(UnsafeCell::new(0));

// SAFETY: hands out each byte of the heap once, aligned, or null.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (heap, used) = (HEAP.0.get().cast::<u8>(), USED.0.get());
        // SAFETY: one thread, and no borrow of the number outlives a statement.
        let start = unsafe { *used }.next_multiple_of(layout.align());
        if start + layout.size() > HEAP_BYTES {
            return core::ptr::null_mut();
        }
        // SAFETY: as above.
        unsafe { *used = start + layout.size() };
        // SAFETY: `start` is inside the heap.
        unsafe { heap.add(start) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
