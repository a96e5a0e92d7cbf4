//! `/operations/models`: the models in service, and what several of them say
//! of one picture, side by side.

pub mod opinions;
mod said;

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use munjigi_domain::models::is_model;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_i18n::Text;
use munjigi_protocol::{BrokenModel, ServedModel};
use munjigi_store::opinions as stored;
use munjigi_store::photos::{self, PhotoId};
use sha2::{Digest, Sha256};

use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::AskingUser;
use said::Card;

/// Photos of the gallery: two rows of a wide screen.
const SAMPLE: u32 = 12;
/// Models that are asked at once.
const MOST_MODELS: usize = 8;
/// Opinions that the page shows; the export has all.
const SHOWN: u32 = 20;

/// A gpu-backend, and why it does not answer.
struct Backend {
    url: String,
    /// The adapter or the engines, or what went wrong.
    what: String,
    is_away: bool,
    is_loading: bool,
    broken: Vec<BrokenModel>,
}

/// A model, on those gpu-backends that have it.
struct Served {
    model: ServedModel,
    backends: usize,
}

impl Served {
    /// `NAME@VERSION`.
    fn label(&self) -> String {
        format!("{}@{}", self.model.name, self.model.version)
    }

    /// The engines that compute it, with their batch sizes.
    fn engines(&self) -> Vec<(&str, Vec<u64>)> {
        let mut engines: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        for size in &self.model.sizes {
            engines.entry(&size.engine).or_default().push(size.batch);
        }
        engines.into_iter().collect()
    }
}

#[derive(Template)]
#[template(path = "models.html")]
struct Page {
    frame: Frame,
    notice: Option<Text>,
    mistake: Option<Text>,
    backends: Vec<Backend>,
    models: Vec<Served>,
    sample: Vec<(PhotoId, String)>,
    opinions: Vec<(String, stored::Opinion)>,
}

#[derive(Template)]
#[template(path = "models-said.html")]
struct SaidPage {
    frame: Frame,
    /// The picture's SHA-256, and the name of its file.
    picture: String,
    name: String,
    /// As a `data:` URL.
    image: String,
    size: (u32, u32),
    cards: Vec<Card>,
}

pub async fn show(asking: AskingUser, Flash(done): Flash) -> Result<Response, PageError> {
    let kept = done.as_deref().and_then(|done| done.parse::<u64>().ok());
    let notice = kept.map(|kept| asking.t().get("models-kept").count("count", kept));
    page(&asking, notice, None).await
}

async fn page(
    asking: &AskingUser,
    notice: Option<Text>,
    mistake: Option<&'static str>,
) -> Result<Response, PageError> {
    let (app, t) = (&asking.app, asking.t());
    let (mut backends, mut models) = (Vec::new(), BTreeMap::<(String, String), Served>::new());
    for (url, told) in app.factory.versions().await {
        let version = match told {
            Ok(version) => version,
            Err(what) => {
                let (is_away, is_loading, broken) = (true, false, Vec::new());
                backends.push(Backend { url, what, is_away, is_loading, broken });
                continue;
            }
        };
        for model in version.models {
            let name = (model.name.clone(), model.version.clone());
            models.entry(name).or_insert(Served { model, backends: 0 }).backends += 1;
        }
        backends.push(Backend {
            url,
            what: version.adapter.unwrap_or_else(|| version.engines.join(", ")),
            is_away: false,
            is_loading: !version.is_loaded,
            broken: version.broken,
        });
    }
    let opinions = stored::newest(&app.pool, SHOWN).await?.into_iter();
    let page = Page {
        frame: Frame::operations(asking, t.get("models-title"), Entry::Models),
        notice,
        mistake: mistake.map(|mistake| t.get(mistake)),
        backends,
        models: models.into_values().collect(),
        sample: photos::sample(&app.pool, SAMPLE).await?,
        opinions: opinions.map(|(at, told)| (from_timestamp(at).rfc3339(), told)).collect(),
    };
    let wrong = page.mistake.is_some();
    let status = if wrong { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, render(&page)?).into_response())
}

/// Asks the ticked models about the chosen picture.
pub async fn ask(
    asking: AskingUser,
    fields: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let (mut models, mut chosen, mut sent, mut name) = (Vec::new(), None, None, String::new());
    for (field, value) in fields {
        match field.as_str() {
            "model" if is_model(&value) => models.push(value),
            "model" => return Err(PageError::malformed()),
            "photo" => chosen = Some(value),
            "picture" if !value.is_empty() => sent = Some(value),
            "name" => name = value.chars().take(stored::MOST_NAME).collect(),
            _ => {}
        }
    }
    if models.is_empty() || models.len() > MOST_MODELS {
        return page(&asking, None, Some("models-mistake-models")).await;
    }
    let image = match (sent, chosen) {
        (Some(sent), _) => BASE64URL_NOPAD.decode(sent.as_bytes()).ok(),
        (None, Some(chosen)) => {
            let id = super::photos::id(&chosen).ok_or_else(PageError::malformed)?;
            let pool = &asking.app.pool;
            name = photos::one(pool, &id).await?.map_or_else(String::new, |photo| photo.name);
            photos::picture(pool, &id).await?
        }
        (None, None) => None,
    };
    let Some(image) = image else {
        return page(&asking, None, Some("models-mistake-picture")).await;
    };
    let Some((size, told)) = asking.app.factory.say_of(&image, &models).await else {
        return page(&asking, None, Some("models-mistake-picture")).await;
    };
    let page: Html<String> = render(&SaidPage {
        frame: Frame::operations(&asking, asking.t().get("models-said-title"), Entry::Models),
        picture: HEXLOWER.encode(&Sha256::digest(&image)),
        name,
        image: format!("data:image/jpeg;base64,{}", BASE64.encode(&image)),
        size,
        cards: Card::all(models, told, size),
    })?;
    Ok(page.into_response())
}
