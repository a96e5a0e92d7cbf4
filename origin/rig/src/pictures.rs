//! A gpu-backend that draws nothing but answers correctly, and the edge's side
//! of packs. Both check what they are sent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use axum::{Json, Router};
use munjigi_captcha::pictures::{PicturePack, read_pools};
use munjigi_delivery::{http_client, outbox};
use munjigi_keys::signature::Audience;
use munjigi_pictures::gpu::Gpu;
use munjigi_pictures::policy::Policy;
use munjigi_pictures::{Drawings, Factory};
use munjigi_process::clock::Clock;
use munjigi_process::stop;
use munjigi_protocol::{
    Code, Judgement, Pack, PackId, PictureCount, PictureKind, PictureType, Pools, RenderReply,
    RenderRequest, RenderedImage, RenderedPicture, Rendering, RightRound, base64,
};
use munjigi_store::pictures::content_type;
use serde_json::json;
use sqlx::PgPool;
use tokio::net::TcpListener;

use super::signed::{refuse, signed_rightly};
use super::{MINUTE, Rig, bare, ring};
use munjigi_pictures::Pictures;

/// A rig with a factory of small packs.
pub struct Workshop {
    pub rig: Rig,
    pub gpu: FakeGpu,
    pub factory: Factory,
}

/// Every kind is dealt.
const UNMEASURED: &str = "
    [[kind]]
    name = 'photo-grid'
    off = false

    [[kind]]
    name = 'photo-area'
    off = false
";

/// Kinds that are made of photos.
pub const OF_PHOTOS: [PictureKind; 2] = [PictureKind::PhotoGrid, PictureKind::PhotoArea];

impl Workshop {
    pub async fn new(pool: PgPool) -> Self {
        let rig = Rig::new(pool, bare).await;
        let gpu = FakeGpu::start(rig.app.clock.clone()).await;
        let mut factory = rig.app.factory.clone();
        let client = http_client::client().unwrap();
        let (clock, entropy) = (factory.clock.clone(), factory.entropy.clone());
        factory.gpu = Gpu::new(client, std::slice::from_ref(&gpu.url), &ring(), clock, entropy);
        // Regardless of this release's measurements.
        factory.policy = Arc::new(Policy::read(UNMEASURED).unwrap());
        let mut workshop = Self { rig, gpu, factory };
        workshop.set(|config| {
            config.kinds = vec![PictureKind::Grid];
            config.per_pack = 4;
            config.oversample = 1;
            config.low_water = 10;
            config.high_water = 40;
            config.dealt_per_pack = 20;
        });
        workshop
    }

    pub fn set(&mut self, change: impl FnOnce(&mut Pictures)) {
        let mut config = (*self.factory.config).clone();
        change(&mut config);
        self.factory.config = Arc::new(config);
    }

    /// One round of all the factory's periodic work.
    pub async fn round(&self) {
        self.draw().await;
        let (_stopper, stop) = stop::pair();
        outbox::deliver_due(&self.factory, &stop).await.unwrap();
    }

    /// The part of a round that calls the gpu-backend.
    pub async fn draw(&self) {
        self.factory.tend().await.unwrap();
        let (_stopper, stop) = stop::pair();
        let drawings = Drawings::of(&self.factory, stop.clone());
        outbox::deliver_due(&drawings, &stop).await.unwrap();
    }

    /// Packs in the pools of the edge.
    pub fn dealt_from(&self) -> Vec<PackId> {
        self.rig.edge.pools().packs.iter().map(|entry| entry.id).collect()
    }

    /// The edge counts this many challenges of a pack.
    pub async fn count(&self, batch: u8, pack: Option<PackId>, dealt: u32) {
        let count = PictureCount {
            minute: self.rig.now().0 / MINUTE,
            picture_type: PictureType::Grid,
            pack,
            dealt,
            right: dealt / 2,
            wrong: dealt / 4,
            way: 1,
        };
        let batch = munjigi_protocol::BatchId([batch; 16]);
        let body = json!({ "batch": batch, "counts": [], "pictures": [count] }).to_string();
        assert_eq!(self.rig.post("/internal/counts", &body).await.status, 204);
    }
}

#[derive(Debug, Clone, Copy)]
pub enum Failure {
    /// Busy; retry after this many seconds.
    Busy(u64),
    Broken,
    /// An answer about other pictures.
    Others,
    /// It does not know the judge.
    Unknown,
    /// It never answers.
    Silent,
}

#[derive(Clone)]
pub struct FakeGpu {
    pub url: reqwest::Url,
    memory: Arc<Mutex<Memory>>,
}

#[derive(Default)]
struct Memory {
    calls: Vec<Vec<String>>,
    failures: VecDeque<Failure>,
    clarities: VecDeque<f32>,
}

impl FakeGpu {
    pub async fn start(clock: Clock) -> Self {
        let memory = Arc::new(Mutex::new(Memory::default()));
        let router = Router::new()
            .route("/v1/render", post(render))
            .route("/v1/predict", post(predict))
            .route_layer(from_fn_with_state((Audience::Gpu, clock), signed_rightly))
            .with_state(Arc::clone(&memory));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, memory }
    }

    /// The seeds of each call.
    pub fn calls(&self) -> Vec<Vec<String>> {
        self.memory.lock().unwrap().calls.clone()
    }

    /// The next calls fail like this.
    pub fn fail(&self, failures: impl IntoIterator<Item = Failure>) {
        self.memory.lock().unwrap().failures.extend(failures);
    }

    /// The next pictures have this clarity.
    pub fn clarities(&self, clarities: impl IntoIterator<Item = f32>) {
        self.memory.lock().unwrap().clarities.extend(clarities);
    }
}

async fn render(
    State(memory): State<Arc<Mutex<Memory>>>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    assert!(query.starts_with("caller=factory&priority=low&deadline_ms="), "{query}");
    let request: RenderRequest = serde_json::from_slice(&body).unwrap();
    assert!((1..=8).contains(&request.pictures.len()));
    let failure = {
        let mut memory = memory.lock().unwrap();
        let seeds = request.pictures.iter().map(|picture| picture.seed.clone());
        memory.calls.push(seeds.collect());
        memory.failures.pop_front()
    };
    match failure {
        Some(Failure::Busy(seconds)) => {
            let retry = [("retry-after", seconds.to_string())];
            return (StatusCode::TOO_MANY_REQUESTS, retry).into_response();
        }
        Some(Failure::Broken) => return StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(Failure::Unknown) => return StatusCode::NOT_FOUND.into_response(),
        Some(Failure::Silent) => std::future::pending().await,
        Some(Failure::Others) | None => {}
    }
    let mut memory = memory.lock().unwrap();
    let mut pictures: Vec<RenderedPicture> = request
        .pictures
        .iter()
        .map(|picture| {
            let clarity = memory.clarities.pop_front().unwrap_or(0.9);
            drawn(picture, clarity, request.judge.as_deref())
        })
        .collect();
    if failure.is_some() {
        pictures.pop();
    }
    Json(RenderReply { pictures, drawn_by: "a fake".to_owned() }).into_response()
}

/// Knows three colours, and is uncertain about one of them.
async fn predict(RawQuery(query): RawQuery, headers: HeaderMap, body: Bytes) -> Response {
    let query = query.unwrap_or_default();
    let callers = ["caller=photos&priority=high&", "caller=jobs&priority=high&"];
    let rest = callers.iter().find_map(|caller| query.strip_prefix(caller)).unwrap();
    let model = rest.strip_prefix("deadline_ms=30000&model=").unwrap();
    let segments = model == "shapes";
    // A segmenter gets the middle of the photo, a classifier its file.
    assert!(!segments || headers["content-type"] == "image/jpeg");
    let Ok(image) = image::load_from_memory(&body) else {
        let problem = json!({ "code": "image-malformed" });
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(problem)).into_response();
    };
    let [red, green, _] = image.into_rgb8().get_pixel(9, 9).0;
    let (label, probability) = match (red > 100, green > 100) {
        (true, _) => ("red thing", 0.99),
        (_, true) => ("tree", 0.95),
        _ => ("sky", 0.5),
    };
    let prediction = if segments {
        // In the corner of eight by eight squares; red things are everywhere.
        let mask = base64::encode(&[1, 0, 0, 0, 0, 0, 0, 0, 0]);
        let thing = json!({
            "label": label, "score": probability, "box": [0, 0, 9, 9],
            "columns": 9, "rows": 8, "mask": mask,
        });
        let things = if red > 100 { json!([thing, thing]) } else { json!([thing]) };
        json!({ "task": "segment", "things": things })
    } else {
        json!({ "task": "classify", "classes": [[label, probability], ["nothing", 0.01]] })
    };
    Json(json!({
        "model": model, "version": "1", "engine": "a fake", "milliseconds": 1.5,
        "prediction": prediction,
    }))
    .into_response()
}

/// Its only image is the seed itself.
fn drawn(rendering: &Rendering, clarity: f32, judge: Option<&str>) -> RenderedPicture {
    let seed = data_encoding::HEXLOWER.decode(rendering.seed.as_bytes()).unwrap();
    let image = RenderedImage {
        content_type: content_type(rendering.picture_type).to_owned(),
        width: 384,
        height: 384,
        data: base64::encode(&seed),
    };
    let kind = rendering.picture_type;
    let (rows, columns, answer) = match kind {
        PictureType::Grid => (3, 3, RightRound::Grid { cells: vec![0, 4, 7] }),
        PictureType::Area => (
            1,
            1,
            RightRound::Area { columns: 24, rows: 16, mask: [&[255; 2][..], &[0; 46]].concat() },
        ),
        PictureType::Turn => (4, 4, RightRound::Turn { views: vec![5] }),
    };
    let images = if kind == PictureType::Turn { vec![image.clone(), image] } else { vec![image] };
    let judgement = judge.map(|model| Judgement {
        model: format!("{model}@1"),
        passed: seed[0].is_multiple_of(2),
        confidence: f32::from(seed[1]) / 255.0,
    });
    RenderedPicture {
        picture_type: kind,
        seed: rendering.seed.clone(),
        prompt: "bicycle".to_owned(),
        rows,
        columns,
        images,
        answer,
        clarity,
        judgement,
    }
}

/// What the edge stores of packs.
#[derive(Default)]
pub struct EdgePacks {
    images: BTreeMap<String, Vec<u8>>,
    packs: BTreeMap<String, Pack>,
    pools: Pools,
    calls: Vec<String>,
    accepted: Vec<String>,
    failures: VecDeque<Option<Code>>,
}

pub(super) fn edge_router(packs: Arc<Mutex<EdgePacks>>) -> Router {
    Router::new()
        .route("/internal/packs/{id}/images", put(put_images))
        .route("/internal/packs/{id}", put(put_pack).delete(delete_pack))
        .route("/internal/pools", put(put_pools))
        .route_layer(from_fn_with_state(Arc::clone(&packs), noted))
        .layer(axum::extract::DefaultBodyLimit::max(8 << 20))
        .with_state(packs)
}

/// Records a call, and refuses it if a refusal comes next.
async fn noted(
    State(packs): State<Arc<Mutex<EdgePacks>>>,
    request: Request,
    next: Next,
) -> Response {
    let refused = {
        let mut packs = packs.lock().unwrap();
        packs.calls.push(format!("{} {}", request.method(), request.uri().path()));
        packs.failures.pop_front().flatten()
    };
    match refused {
        Some(code) => refuse(code),
        None => next.run(request).await,
    }
}

async fn put_images(
    State(packs): State<Arc<Mutex<EdgePacks>>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    packs.lock().unwrap().images.insert(id, body.to_vec());
    StatusCode::NO_CONTENT
}

async fn put_pack(
    State(packs): State<Arc<Mutex<EdgePacks>>>,
    Path(id): Path<String>,
    body: Bytes,
) -> StatusCode {
    let mut packs = packs.lock().unwrap();
    let pack = PicturePack::read(&body).unwrap().pack().clone();
    assert_eq!(pack.id.to_string(), id);
    let length = packs.images.get(&id).expect("images come before the manifest").len();
    assert_eq!(usize::try_from(pack.image_bytes).unwrap(), length);
    // A pack never changes.
    assert!(packs.packs.get(&id).is_none_or(|known| *known == pack));
    packs.accepted.push(format!("PUT {pack:?}"));
    packs.packs.insert(id, pack);
    StatusCode::NO_CONTENT
}

async fn delete_pack(
    State(packs): State<Arc<Mutex<EdgePacks>>>,
    Path(id): Path<String>,
) -> StatusCode {
    let mut packs = packs.lock().unwrap();
    let named = packs.pools.packs.iter().any(|entry| entry.id.to_string() == id);
    assert!(!named, "a pack in the pools is not deleted");
    packs.packs.remove(&id);
    packs.images.remove(&id);
    packs.accepted.push(format!("DELETE {id}"));
    StatusCode::NO_CONTENT
}

async fn put_pools(State(packs): State<Arc<Mutex<EdgePacks>>>, body: Bytes) -> Response {
    let mut packs = packs.lock().unwrap();
    let pools = read_pools(&body).unwrap();
    if pools.version < packs.pools.version {
        return refuse(Code::StaleVersion);
    }
    let unknown = pools.packs.iter().any(|e| !packs.packs.contains_key(&e.id.to_string()));
    assert!(!unknown, "the pools name what is published");
    packs.accepted.push(format!("PUT {pools:?}"));
    packs.pools = pools;
    StatusCode::NO_CONTENT.into_response()
}

impl super::FakeEdge {
    fn packs_memory(&self) -> std::sync::MutexGuard<'_, EdgePacks> {
        self.packs.lock().unwrap()
    }

    pub fn pools(&self) -> Pools {
        self.packs_memory().pools.clone()
    }

    pub fn set_pools_version(&self, version: u64) {
        self.packs_memory().pools.version = version;
    }

    pub fn packs(&self) -> Vec<Pack> {
        self.packs_memory().packs.values().cloned().collect()
    }

    pub fn images(&self, pack: PackId) -> Option<Vec<u8>> {
        self.packs_memory().images.get(&pack.to_string()).cloned()
    }

    /// `PUT /internal/pools` and the like, in the order of arrival, since the
    /// last call.
    pub fn pack_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.packs_memory().calls)
    }

    /// Manifests, deletions and pools in the order of arrival, with what they
    /// contain: `PUT Pack { … }`, `DELETE 0…`, `PUT Pools { … }`.
    pub fn accepted(&self, prefix: &str) -> Vec<String> {
        let memory = self.packs_memory();
        memory.accepted.iter().filter(|it| it.starts_with(prefix)).cloned().collect()
    }

    /// The next calls about packs and pools are refused with these codes, or
    /// accepted.
    pub fn fail_packs(&self, codes: impl IntoIterator<Item = Option<Code>>) {
        self.packs_memory().failures.extend(codes);
    }

    pub fn forget_packs(&self) {
        *self.packs_memory() = EdgePacks::default();
    }

    /// The seeds of every published picture: the images are these.
    pub fn published_seeds(&self) -> BTreeSet<String> {
        let memory = self.packs_memory();
        let seed = |pack: &Pack, item: &munjigi_protocol::PackItem| {
            let span = item.images[0];
            let (at, len) = (usize::try_from(span.at).unwrap(), usize::try_from(span.len).unwrap());
            data_encoding::HEXLOWER.encode(&memory.images[&pack.id.to_string()][at..at + len])
        };
        let packs = memory.packs.values();
        packs.flat_map(|pack| pack.items.iter().map(move |item| seed(pack, item))).collect()
    }
}
