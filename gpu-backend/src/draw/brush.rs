//! Paints scenes on an adapter for as long as it works, otherwise on the
//! processor.

use std::fmt;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use munjigi_scene::{Picture, render};

use crate::clock::Stopwatch;
use crate::engine::caught;
use crate::paint::{Order, Paint, PaintError};

/// How long pictures are still needed; `None` when no one waits any more.
pub type Left<'a> = dyn Fn() -> Option<Duration> + 'a;

/// Paints scenes; never fails, because the processor always can.
pub struct Brush(Option<Other>);

/// The painter that is tried before the processor.
struct Other {
    name: String,
    paint: Box<dyn Paint>,
    /// One call at a time: callers that wait while it fails never use it.
    is_taken: Mutex<bool>,
    freed: Condvar,
    /// Why it is no longer used.
    left: OnceLock<PaintError>,
}

impl fmt::Debug for Brush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Brush").field(&self.name()).finish()
    }
}

impl Brush {
    pub const CPU: Self = Self(None);

    /// Paints on an adapter. When it fails, the processor paints those pictures
    /// and all later ones.
    pub fn adapter(name: String, paint: impl Paint + 'static) -> Self {
        let (is_taken, freed) = (Mutex::default(), Condvar::new());
        Self(Some(Other { name, paint: Box::new(paint), is_taken, freed, left: OnceLock::new() }))
    }

    /// The adapter's name, or `cpu`.
    pub fn name(&self) -> &str {
        self.other().map_or("cpu", |other| &other.name)
    }

    /// Why the adapter is no longer used; `None` while it is.
    pub fn left(&self) -> Option<&PaintError> {
        self.0.as_ref()?.left.get()
    }

    /// Paints scenes; `None` if it was cancelled between two of them. The wait
    /// for the adapter leaves the processor as much time.
    pub fn paint(&self, orders: &[Order], left: &Left) -> Option<Vec<Picture>> {
        let within = left()? / 2;
        if let Some(pictures) = self.other().and_then(|other| other.paint(orders, within)) {
            return Some(pictures);
        }
        let drawn = orders
            .iter()
            .map(|&Order { scene, width, height }| left().map(|_| render(scene, width, height)));
        drawn.collect()
    }

    fn other(&self) -> Option<&Other> {
        self.0.as_ref().filter(|other| other.left.get().is_none())
    }
}

impl Other {
    /// The pictures; `None` if the processor must draw them.
    fn paint(&self, orders: &[Order], within: Duration) -> Option<Vec<Picture>> {
        let asked = Stopwatch::start();
        let is_taken = self.is_taken.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.freed.wait_timeout_while(is_taken, within, |is_taken| *is_taken);
        let (mut is_taken, wait) = waited.unwrap_or_else(PoisonError::into_inner);
        if wait.timed_out() || self.left.get().is_some() {
            return None;
        }
        *is_taken = true;
        drop(is_taken);
        let painted = self.paint_alone(orders, within.saturating_sub(asked.elapsed()));
        *self.is_taken.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.freed.notify_all();
        painted
    }

    fn paint_alone(&self, orders: &[Order], within: Duration) -> Option<Vec<Picture>> {
        let painted = caught(|| self.paint.paint_within(orders, within));
        let painted = painted.unwrap_or_else(|panic| Err(PaintError::Panicked(panic)));
        match painted.and_then(|pictures| sound(orders, pictures)) {
            Ok(pictures) => Some(pictures),
            // The next picture may be smaller, or come at a better time.
            Err(PaintError::TooLarge | PaintError::Busy) => None,
            Err(error) => {
                let code = error.code();
                tracing::warn!(%error, code, adapter = %self.name, "painting on the CPU from now on");
                metrics::counter!(
                    "munjigi_gpu_engine_failures_total", "work" => "paint", "reason" => code
                )
                .increment(1);
                // No one else has the turn.
                let _ = self.left.set(error);
                None
            }
        }
    }
}

/// Checks that pictures can belong to these orders: as many, as large, and not
/// blank like memory that was never written.
fn sound(orders: &[Order], pictures: Vec<Picture>) -> Result<Vec<Picture>, PaintError> {
    if orders.len() != pictures.len() {
        return Err(PaintError::Unsound("another number of pictures"));
    }
    for (&Order { width, height, .. }, picture) in orders.iter().zip(&pictures) {
        let pixels = width as usize * height as usize;
        let is_sized = (picture.width, picture.height) == (width, height);
        if !is_sized || picture.labels.len() != pixels || picture.rgb.len() != pixels * 3 {
            return Err(PaintError::Unsound("another size"));
        }
        if picture.rgb.iter().all(|&byte| byte == 0) {
            return Err(PaintError::Unsound("a black picture"));
        }
    }
    Ok(pictures)
}

#[cfg(test)]
mod tests {
    use munjigi_scene::{Kind, Scene, Seed, Tile, tile};

    use super::*;

    struct Fake<F>(F);
    type Painted = Result<Vec<Picture>, PaintError>;

    impl<F: Fn() -> Painted + Send + Sync> Paint for Fake<F> {
        fn paint_all(&self, _: &[Order]) -> Painted {
            (self.0)()
        }
    }

    fn scene() -> Scene {
        tile(Seed::numbered(1), Kind::ALL[0], Tile::Plain)
    }

    #[test]
    fn the_processor_takes_over_after_a_failure_or_a_panic() {
        let scene = scene();
        let orders = [Order { scene: &scene, width: 16, height: 16 }; 2];
        let wanted = vec![render(&scene, 16, 16); 2];
        let lost = Fake(|| Err(PaintError::Lost("pulled out".to_owned())));
        let black = Picture { width: 16, height: 16, rgb: vec![0; 768], labels: vec![0; 256] };
        let black = vec![black; 2];
        let failing = Brush::adapter("broken".to_owned(), lost);
        let panicking =
            Brush::adapter("broken".to_owned(), Fake(|| -> Painted { panic!("a driver's bug") }));
        let few = Brush::adapter("broken".to_owned(), Fake(|| Ok(Vec::new())));
        let unlit = Brush::adapter("broken".to_owned(), Fake(move || Ok(black.clone())));
        for brush in [Brush::CPU, failing, panicking, few, unlit] {
            assert_eq!(brush.paint(&orders, &|| Some(Duration::MAX)).as_ref(), Some(&wanted));
            assert_eq!(brush.name(), "cpu");
        }
    }

    #[test]
    fn an_adapter_paints_while_it_works() {
        let scene = scene();
        let orders = [Order { scene: &scene, width: 2, height: 2 }];
        let grey = Picture { width: 2, height: 2, rgb: vec![7; 12], labels: vec![0; 4] };
        let painted = vec![grey];
        let answer = painted.clone();
        let brush = Brush::adapter("fine".to_owned(), Fake(move || Ok(answer.clone())));
        assert_eq!(brush.paint(&orders, &|| Some(Duration::MAX)), Some(painted));
        assert_eq!(brush.paint(&orders, &|| None), None);
        assert_eq!(brush.name(), "fine");
        for error in [PaintError::TooLarge, PaintError::Busy] {
            let brush = Brush::adapter("fine".to_owned(), Fake(move || Err(error.clone())));
            assert_eq!(
                brush.paint(&orders, &|| Some(Duration::MAX)),
                Some(vec![render(&scene, 2, 2)])
            );
            assert_eq!(brush.name(), "fine");
        }
    }
}
