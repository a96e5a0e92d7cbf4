//! Models side by side on one picture, for the operator who chooses among them.

use std::io::Cursor;
use std::time::Duration;

use image::{ImageFormat, ImageReader};
use munjigi_protocol::{GpuVersion, PredictReply};

use crate::factory::Factory;
use crate::gpu::LAB;

/// A gpu-backend must answer within this time.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a question got: the answer, or why there is none.
pub type Told<T> = Result<T, String>;

impl Factory {
    /// What runs on each gpu-backend, by its URL; empty without one.
    pub async fn versions(&self) -> Vec<(String, Told<GpuVersion>)> {
        let Some(gpu) = &self.gpu else { return Vec::new() };
        let versions = gpu.versions().await.into_iter();
        versions
            .map(|(url, told)| (url.to_string(), told.map_err(|error| error.to_string())))
            .collect()
    }

    /// What each of these models, `NAME@VERSION`, says of a JPEG, and its width
    /// and height in pixels. `None` if it is no JPEG.
    pub async fn say_of(
        &self,
        jpeg: &[u8],
        models: &[String],
    ) -> Option<((u32, u32), Vec<Told<PredictReply>>)> {
        let size = ImageReader::with_format(Cursor::new(jpeg), ImageFormat::Jpeg);
        let size = size.into_dimensions().ok()?;
        let asked = models.iter().map(|model| async {
            let gpu = self.gpu.as_ref().ok_or("there is no gpu-backend")?;
            let image = ("image/jpeg", jpeg.to_vec());
            gpu.predict(LAB, model, image, DEADLINE).await.map_err(|error| error.to_string())
        });
        Some((size, futures_util::future::join_all(asked).await))
    }
}
