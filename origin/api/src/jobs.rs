//! `…/jobs`: has models look at images. A call is answered when the job is
//! stored; what became of it is asked for later, or followed as it happens.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use munjigi_app::ConsoleApp;
use munjigi_app::live_pages::{LivePageSlot, Taken as Slot};
use munjigi_domain::accounts::{Id, Limit};
use munjigi_domain::models::is_model;
use munjigi_protocol::PredictReply;
use munjigi_store::jobs::{self, CreateJob, JobRecord, JobState, KEPT, Priority, QueueFull};
use munjigi_store::limits::Taken;
use munjigi_store::transact;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::body::{Image, List, PageRequest};
use super::caller::Acting;
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;
use super::routes::BASE;

const HOUR_MILLIS: u64 = 3_600_000;
/// How often a followed job is looked at.
const EVERY: Duration = Duration::from_secs(1);
/// After this many looks a stream ends. Who opens another one is checked
/// again.
const MOST_LOOKS: u32 = 120;

/// An image that a model looks at.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct Job {
    /// Id.
    id: String,
    /// What becomes of it.
    status: JobStatus,
    /// While it waits: its place among the organisation's waiting jobs, from 1.
    place: Option<u64>,
    /// The model, as it was named.
    model: String,
    /// Its priority among the organisation's jobs.
    priority: JobPriority,
    /// Time of creation, RFC 3339.
    created_at: String,
    /// When it was last begun, RFC 3339.
    started_at: Option<String>,
    /// When it was finished, RFC 3339.
    finished_at: Option<String>,
    /// When it will be deleted, RFC 3339, once it is finished.
    expires_at: Option<String>,
    /// What the model says, once it is done.
    #[schema(value_type = Option<PredictReply>)]
    result: Option<Value>,
    /// Why it failed: a code of the gpu-backend, `gave-up` or `expired`.
    error: Option<String>,
}

/// What becomes of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum JobStatus {
    /// Others are before it, or no gpu-backend responds.
    Waiting,
    /// A gpu-backend has it.
    Running,
    /// `result` says what the model says.
    Done,
    /// `error` says why.
    Failed,
}

/// Place of a job among those of its organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum JobPriority {
    /// Before all others.
    High,
    /// Where none is named.
    Normal,
    /// After all others.
    Low,
}

impl Job {
    fn of(record: JobRecord) -> Self {
        let (status, place, result, error) = match record.state {
            JobState::Waiting { place } => (JobStatus::Waiting, Some(place), None, None),
            JobState::Running => (JobStatus::Running, None, None, None),
            JobState::Done { result } => (JobStatus::Done, None, Some(result), None),
            JobState::Failed { error } => (JobStatus::Failed, None, None, Some(error)),
        };
        let priority = match record.priority {
            Priority::High => JobPriority::High,
            Priority::Normal => JobPriority::Normal,
            Priority::Low => JobPriority::Low,
        };
        Self {
            id: record.id.to_string(),
            status,
            place,
            model: record.model,
            priority,
            created_at: rfc3339(record.created_at),
            started_at: record.started_at.map(rfc3339),
            finished_at: record.finished_at.map(rfc3339),
            expires_at: record.finished_at.map(|at| rfc3339(at + KEPT)),
            result,
            error,
        }
    }
}

/// The query of a new job.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    model: String,
    priority: Option<String>,
}

impl FromRequestParts<ConsoleApp> for Wanted {
    type Rejection = ApiRefused;

    async fn from_request_parts(head: &mut Parts, _: &ConsoleApp) -> Result<Self, ApiRefused> {
        let wanted = Query::<Self>::try_from_uri(&head.uri).map_err(|_| {
            let detail =
                "the query must name a model, and may name a priority: ?model=NAME&priority=high";
            ApiRefused::new(ApiCode::MalformedRequest, detail)
        })?;
        Ok(wanted.0)
    }
}

impl Wanted {
    fn read(&self) -> Result<Priority, ApiRefused> {
        let mut mistakes = Vec::new();
        if !is_model(&self.model) {
            mistakes.push("model must be NAME or NAME@VERSION".to_owned());
        }
        let priority = self.priority.as_deref().map_or(Some(Priority::Normal), Priority::parse);
        if priority.is_none() {
            mistakes.push("priority must be high, normal or low".to_owned());
        }
        priority.filter(|_| mistakes.is_empty()).ok_or_else(|| ApiRefused::invalid(mistakes))
    }
}

/// `POST …/jobs`.
pub async fn create(
    acting: Acting,
    wanted: Wanted,
    Image { content_type, bytes }: Image,
) -> Result<Response, ApiRefused> {
    let (app, organisation, now) = (acting.app(), acting.organisation(), acting.now());
    let priority = wanted.read()?;
    let hourly = app.factory.config.jobs_hourly;
    if hourly == 0 || app.factory.gpu.is_none() {
        let detail = "the operator of this service lets no organisation use its models";
        return Err(ApiRefused::new(ApiCode::Forbidden, detail));
    }
    let interval_millis = HOUR_MILLIS / u64::from(hourly);
    let limit = Limit { name: "jobs-by-organisation", burst: hourly, interval_millis };
    let told = app.cache.limits.tell(&limit, organisation.as_str(), now).await?;
    if let Taken::Wait { seconds } = told.taken {
        let detail = format!("the organisation may create {hourly} jobs in an hour");
        return Err(ApiRefused::new(ApiCode::QuotaExceeded, detail).after(seconds));
    }
    let id = Id::draw(&app.entropy);
    let unit = CreateJob {
        id: &id,
        organisation,
        model: &wanted.model,
        priority,
        content_type,
        image: &bytes,
        now,
    };
    transact(&app.pool, &unit).await?.map_err(|QueueFull| {
        let detail =
            "1,000 jobs or 256 MiB of the organisation’s images wait; retry when some are done";
        ApiRefused::new(ApiCode::RateLimited, detail).after(10)
    })?;
    let mut response = (StatusCode::ACCEPTED, Json(find(&acting, &id).await?)).into_response();
    let place = format!("{BASE}/organisations/{organisation}/jobs/{id}");
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// `GET …/jobs`.
pub async fn list(acting: Acting, part: PageRequest) -> Result<Json<List<Job>>, ApiRefused> {
    let after = part.after.as_deref().map(parse).transpose()?;
    let (pool, organisation) = (&acting.app().pool, acting.organisation());
    let rows =
        jobs::jobs_of(pool, organisation, after.as_ref(), part.probe(), acting.now()).await?;
    Ok(Json(part.list(rows, |job| job.id.to_string(), Job::of)))
}

/// `GET …/jobs/{job}`.
pub async fn show(
    acting: Acting,
    Path((_, job)): Path<(String, String)>,
) -> Result<Json<Job>, ApiRefused> {
    Ok(Json(find(&acting, &parse(&job)?).await?))
}

/// `DELETE …/jobs/{job}`.
pub async fn delete(
    acting: Acting,
    Path((_, job)): Path<(String, String)>,
) -> Result<StatusCode, ApiRefused> {
    let deleted =
        jobs::delete_job(&acting.app().pool, acting.organisation(), &parse(&job)?).await?;
    if deleted { Ok(StatusCode::NO_CONTENT) } else { Err(ApiRefused::nothing_here()) }
}

/// `GET …/jobs/{job}/events`.
pub async fn follow(
    acting: Acting,
    Path((_, job)): Path<(String, String)>,
) -> Result<Response, ApiRefused> {
    let id = parse(&job)?;
    find(&acting, &id).await?;
    let slot = match acting.app().console.live_pages.take(acting.organisation()) {
        Slot::Slot(slot) => slot,
        Slot::Full => {
            let detail = "too many streams are open: ask for the job every few seconds instead";
            return Err(ApiRefused::new(ApiCode::RateLimited, detail).after(10));
        }
    };
    let following = Following { acting, id, slot, told: None, looks: 0 };
    let events = stream::unfold(Some(following), Following::next);
    Ok(Sse::new(events).keep_alive(KeepAlive::default()).into_response())
}

/// An open stream.
struct Following {
    acting: Acting,
    id: Id,
    slot: LivePageSlot,
    /// What was last sent.
    told: Option<Job>,
    looks: u32,
}

impl Following {
    async fn next(following: Option<Self>) -> Option<(Result<Event, Infallible>, Option<Self>)> {
        let mut following = following?;
        loop {
            if following.looks >= MOST_LOOKS {
                return None;
            }
            if following.looks > 0 {
                tokio::select! {
                    () = tokio::time::sleep(EVERY) => {}
                    () = following.slot.ended() => return None,
                }
            }
            following.looks += 1;
            // Deleted meanwhile, or Postgres is away: asking again tells.
            let Ok(job) = find(&following.acting, &following.id).await else { return None };
            if following.told.as_ref() == Some(&job) {
                continue;
            }
            let is_finished = matches!(job.status, JobStatus::Done | JobStatus::Failed);
            let event = Event::default().event("job").json_data(&job);
            let event = event.unwrap_or_else(|_| Event::default().comment("unreadable"));
            following.told = Some(job);
            return Some((Ok(event), (!is_finished).then_some(following)));
        }
    }
}

async fn find(acting: &Acting, id: &Id) -> Result<Job, ApiRefused> {
    let found = jobs::job(&acting.app().pool, acting.organisation(), id, acting.now()).await?;
    found.map(Job::of).ok_or_else(ApiRefused::nothing_here)
}

fn parse(text: &str) -> Result<Id, ApiRefused> {
    text.parse().map_err(|_| ApiRefused::nothing_here())
}
