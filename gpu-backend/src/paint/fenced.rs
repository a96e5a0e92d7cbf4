//! A painter behind the adapter's fence, which it shares with the engine.

use std::sync::Arc;
use std::time::Duration;

use munjigi_scene::{Picture, Scene};

use super::{Order, Paint, PaintError};
use crate::engine::fence::Fence;

/// Paints on the fence's thread.
pub struct Fenced<P> {
    painter: Arc<P>,
    fence: Fence,
}

impl<P: Paint + 'static> Fenced<P> {
    /// Puts a painter behind a fence.
    pub fn new(painter: P, fence: Fence) -> Self {
        Self { painter: Arc::new(painter), fence }
    }
}

impl<P: Paint + 'static> Paint for Fenced<P> {
    fn paint_all(&self, orders: &[Order]) -> Result<Vec<Picture>, PaintError> {
        self.paint_within(orders, Duration::MAX)
    }

    fn paint_within(&self, orders: &[Order], within: Duration) -> Result<Vec<Picture>, PaintError> {
        let painter = Arc::clone(&self.painter);
        let sizes: Vec<(u32, u32)> =
            orders.iter().map(|order| (order.width, order.height)).collect();
        let scenes: Vec<Scene> = orders.iter().map(|order| order.scene.clone()).collect();
        let answer = self.fence.serve(within, move || {
            let orders = scenes.iter().zip(&sizes);
            let orders = orders.map(|(scene, &(width, height))| Order { scene, width, height });
            painter.paint_all(&orders.collect::<Vec<Order>>())
        });
        answer?
    }
}
