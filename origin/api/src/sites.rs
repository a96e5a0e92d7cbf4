//! `…/sites`: creates, reads, changes, pauses and deletes sites. A change can
//! name the settings that it is based on (`If-Match`); it then applies to those
//! or not at all.

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use munjigi_app::sites;
use munjigi_captcha::Vendor;
use munjigi_domain::accounts::MostSites;
use munjigi_domain::audit::Action;
use munjigi_domain::new_site;
use munjigi_domain::settings::{Edit, HostsEdit, Mark, Settings, read_protections};
use munjigi_domain::site_change::{Change, ChangeRefused};
use munjigi_domain::site_keys::Shape;
use munjigi_protocol::{Mode, PictureKind, Protection, Rule, SiteState, UnderAttack, Work};
use munjigi_store::audit::Author;
use munjigi_store::sites::{
    self as stored, CreateSite, Created, EditRefused, EditSite, Intent, Owner, SiteRecord,
};
use munjigi_store::transact;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::body::{Body, List, PageRequest};
use super::caller::Acting;
use super::refusal::{ApiCode, ApiRefused};
use super::rfc3339;

/// Attempts at a change without `If-Match`, while others change the site at the
/// same moment.
const TRIES: usize = 5;

/// A site.
#[derive(Debug, Serialize, ToSchema)]
pub struct Site {
    /// Sitekey for pages: `data-sitekey`.
    sitekey: String,
    /// Aliases in other vendors' formats. They work the same in pages.
    aliases: Vec<String>,
    /// Name.
    name: String,
    /// Increases with every change, including changes of secrets and state.
    version: u64,
    /// Whether visitors are served.
    state: SiteState,
    /// Host name patterns; after `embedder:`, of sites whose pages show these in a
    /// frame.
    hosts: Vec<String>,
    /// Whether `localhost` and other loopback names are allowed.
    allow_loopback: bool,
    /// Widget mode.
    mode: Mode,
    /// Bounds of the work per sub-puzzle, in expected hashes.
    work: Work,
    /// Sub-puzzles per puzzle.
    count: u32,
    /// Lifetime of a token in seconds.
    token_lifetime_seconds: u32,
    /// Whether browsers without WebAssembly can pass.
    fallback_allowed: bool,
    /// When the site counts as under attack: visitors who have not passed there
    /// today then do more work.
    under_attack: UnderAttack,
    /// Kinds of picture that visitors can get.
    pictures: Vec<PictureKind>,
    /// The first rule that matches applies.
    rules: Vec<Rule>,
    /// Rules about paths of the site's own hosts. The first rule that matches
    /// applies; a path that no rule matches is open.
    protect: Vec<Protection>,
    /// Time of creation, RFC 3339.
    created_at: String,
    /// Time of the last change, RFC 3339.
    changed_at: String,
    /// Time of deletion, RFC 3339.
    deleted_at: Option<String>,
    /// The version that the edge is known to have. A change reaches the edge
    /// within seconds, and every location within two minutes.
    published_version: Option<u64>,
    /// Why the last attempt to publish failed, if it did.
    publish_error: Option<String>,
}

/// A new site.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSite {
    /// Name, 1 to 100 characters.
    name: String,
    /// Host name patterns: `shop.example`, `*.shop.example`, and
    /// `embedder:portal.example` for a site whose pages show these in a frame.
    #[serde(default)]
    hosts: Vec<String>,
    /// Whether `localhost` and other loopback names are allowed.
    #[serde(default)]
    allow_loopback: bool,
    /// Vendor whose key format the site uses, for pages that migrate from there.
    vendor: Option<Shape>,
}

/// A created site.
#[derive(Serialize, ToSchema)]
pub struct MadeSite {
    /// The created site.
    site: Site,
    /// The secret for siteverify. It is not stored anywhere: save it now.
    secret: String,
}

/// Fields to change. Omitted fields keep their values.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteChange {
    /// Name.
    name: Option<String>,
    /// Host name patterns. They replace all existing ones.
    hosts: Option<Vec<String>>,
    /// Whether loopback names are allowed.
    allow_loopback: Option<bool>,
    /// Widget mode.
    mode: Option<Mode>,
    /// Minimum work per sub-puzzle, in expected hashes.
    work_floor: Option<u64>,
    /// Maximum work per sub-puzzle.
    work_ceiling: Option<u64>,
    /// Sub-puzzles per puzzle, 1 to 64.
    count: Option<u32>,
    /// Lifetime of a token in seconds, 30 to 300.
    token_lifetime_seconds: Option<u32>,
    /// Whether browsers without WebAssembly can pass.
    fallback_allowed: Option<bool>,
    /// When the site counts as under attack.
    under_attack: Option<UnderAttack>,
    /// Kinds of picture that visitors can get. They replace all existing ones.
    pictures: Option<Vec<PictureKind>>,
    /// Rules about paths, in order, at most 100. They replace all existing ones.
    /// A misspelt field is refused, because the rule would otherwise cover more
    /// or open its path.
    #[schema(value_type = Option<Vec<Protection>>)]
    protect: Option<serde_json::Value>,
}

/// The new state of a site.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewState {
    state: WantedState,
}

/// State of a site.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum WantedState {
    /// Visitors are served.
    Live,
    /// Refused with `site-paused`.
    Paused,
}

/// `GET …/sites`.
pub async fn list(acting: Acting, part: PageRequest) -> Result<Json<List<Site>>, ApiRefused> {
    let after = part.after.as_deref().unwrap_or_default();
    let rows =
        stored::part_of(&acting.app().pool, acting.organisation(), after, part.probe()).await?;
    Ok(Json(part.list(rows, |site| site.config.sitekey.clone(), Site::of)))
}

/// `POST …/sites`.
pub async fn make(
    acting: Acting,
    Body(new): Body<NewSite>,
) -> Result<(StatusCode, Json<MadeSite>), ApiRefused> {
    let app = acting.app();
    let check = &app.console.check;
    let sitekey = app.entropy.with(|generator| check.mint_sitekey(generator)).to_string();
    let wishes = Edit {
        name: Some(new.name),
        hosts: HostsEdit::Replace(new.hosts),
        allow_loopback: Some(new.allow_loopback),
        ..Edit::default()
    };
    let (vendor, defaults) = (new.vendor.map(Vendor::from), Settings::of_a_new_site());
    let drawn = new_site::NewSite::draw(check, &app.entropy, &sitekey, vendor, &wishes, &defaults)
        .map_err(|mistakes| {
            ApiRefused::invalid(mistakes.0.iter().map(ToString::to_string).collect())
        })?;
    let most = app.console.config.most_sites;
    let unit = CreateSite {
        name: &drawn.name,
        config: &drawn.config,
        secrets: &[drawn.secret.hash()],
        owner: Some(Owner { organisation: acting.organisation(), most }),
        by: Author::Account(&acting.actor()),
        now: acting.now(),
    };
    match transact(&app.pool, &unit).await? {
        Created::New(_) | Created::Before => {}
        Created::TooMany => return Err(too_many(&acting)),
    }
    let site = find(&acting, &sitekey).await?;
    let made = MadeSite { site: Site::of(site), secret: drawn.secret.reveal().to_string() };
    Ok((StatusCode::CREATED, Json(made)))
}

/// `GET …/sites/{sitekey}`.
pub async fn show(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
) -> Result<Response, ApiRefused> {
    Ok(answer(find(&acting, &sitekey).await?))
}

/// `PATCH …/sites/{sitekey}`.
pub async fn edit(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
    headers: HeaderMap,
    Body(change): Body<SiteChange>,
) -> Result<Response, ApiRefused> {
    change_settings(&acting, &sitekey, &headers, &change.edit(), Action::SiteEdit).await.map(answer)
}

/// `DELETE …/sites/{sitekey}`.
pub async fn delete(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
) -> Result<Json<Site>, ApiRefused> {
    change(&acting, &sitekey, &Change::Delete).await?;
    Ok(Json(Site::of(find(&acting, &sitekey).await?)))
}

/// `PUT …/sites/{sitekey}/state`.
pub async fn set_state(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
    Body(NewState { state }): Body<NewState>,
) -> Result<Json<Site>, ApiRefused> {
    let state = match state {
        WantedState::Live => SiteState::Live,
        WantedState::Paused => SiteState::Paused,
    };
    let wanted = Change::SetState(state, acting.app().console.config.most_sites);
    change(&acting, &sitekey, &wanted).await?;
    Ok(Json(Site::of(find(&acting, &sitekey).await?)))
}

/// A site of the organisation; others' sites do not exist here.
pub async fn find(acting: &Acting, sitekey: &str) -> Result<SiteRecord, ApiRefused> {
    let site = sites::find(acting.app(), acting.organisation(), sitekey).await?;
    site.ok_or_else(ApiRefused::nothing_here)
}

/// Changes a site. A change that is already in effect succeeds without doing
/// anything.
pub async fn change(acting: &Acting, sitekey: &str, change: &Change) -> Result<(), ApiRefused> {
    let (organisation, actor) = (acting.organisation(), acting.actor());
    match sites::change(acting.app(), organisation, sitekey, change, &actor).await? {
        Ok(()) | Err(ChangeRefused::Unchanged) => Ok(()),
        Err(ChangeRefused::Unknown) => Err(ApiRefused::nothing_here()),
        Err(ChangeRefused::Deleted) if matches!(change, Change::Delete) => Ok(()),
        Err(ChangeRefused::Deleted) => Err(deleted()),
        Err(ChangeRefused::TooManySites) => Err(too_many(acting)),
        Err(ChangeRefused::TwoSecrets) => Err(ApiRefused::new(
            ApiCode::Conflict,
            "the site already has two secrets; revoke one of them first",
        )),
    }
}

/// Changes the settings that `If-Match` names; without it, the current ones.
pub async fn change_settings(
    acting: &Acting,
    sitekey: &str,
    headers: &HeaderMap,
    edit: &Edit,
    action: Action,
) -> Result<SiteRecord, ApiRefused> {
    let named = named_mark(headers)?;
    for _ in 0..TRIES {
        let shown = match &named {
            Some(mark) => mark.clone(),
            None => find(acting, sitekey).await?.settings().mark(),
        };
        let unit = EditSite {
            sitekey,
            within: Some(acting.organisation()),
            edit,
            shown: Some(&shown),
            intent: Intent::Write,
            action,
            by: Author::Account(&acting.actor()),
            now: acting.now(),
        };
        return match sites::write(acting.app(), sitekey, &unit).await? {
            Ok(_) => find(acting, sitekey).await,
            Err(EditRefused::Site(ChangeRefused::Unknown)) => Err(ApiRefused::nothing_here()),
            Err(EditRefused::Site(_)) => Err(deleted()),
            Err(EditRefused::Mistakes(mistakes)) => {
                Err(ApiRefused::invalid(mistakes.0.iter().map(ToString::to_string).collect()))
            }
            Err(EditRefused::ChangedSince) if named.is_none() => continue,
            Err(EditRefused::ChangedSince) => Err(ApiRefused::new(
                ApiCode::VersionMismatch,
                "the settings have changed since; read them again",
            )),
        };
    }
    Err(ApiRefused::new(ApiCode::Conflict, "the site is being changed by others right now; retry"))
}

/// A representation of a site, with the mark of its settings as `ETag`.
pub fn tagged(site: SiteRecord, show: impl FnOnce(SiteRecord) -> serde_json::Value) -> Response {
    let tag = HeaderValue::from_str(&format!("\"{}\"", site.settings().mark()));
    let mut response = Json(show(site)).into_response();
    if let Ok(tag) = tag {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn answer(site: SiteRecord) -> Response {
    tagged(site, |site| json!(Site::of(site)))
}

fn too_many(acting: &Acting) -> ApiRefused {
    let MostSites(most) = acting.app().console.config.most_sites;
    let detail =
        format!("the organisation has reached its limit of {most} sites; delete one first");
    ApiRefused::new(ApiCode::TooManySites, detail)
}

fn deleted() -> ApiRefused {
    ApiRefused::new(ApiCode::Conflict, "the site is deleted; restore it first")
}

fn named_mark(headers: &HeaderMap) -> Result<Option<Mark>, ApiRefused> {
    let Some(named) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = named.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let mark = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let mark = mark.and_then(|mark| Mark::try_from(mark.to_owned()).ok());
    mark.map(Some).ok_or_else(|| {
        ApiRefused::new(ApiCode::MalformedRequest, "If-Match: send the `ETag` unchanged")
    })
}

impl Site {
    pub fn of(site: SiteRecord) -> Self {
        let config = site.config;
        Self {
            sitekey: config.sitekey,
            aliases: config.aliases,
            name: site.name,
            version: config.version,
            state: config.state,
            hosts: config.hosts,
            allow_loopback: config.allow_loopback,
            mode: config.mode,
            work: config.work,
            count: config.count,
            token_lifetime_seconds: config.token_lifetime_seconds,
            fallback_allowed: config.fallback_allowed,
            under_attack: config.under_attack,
            pictures: config.pictures,
            rules: config.rules,
            protect: config.protect,
            created_at: rfc3339(site.created_at),
            changed_at: rfc3339(site.changed_at),
            deleted_at: site.deleted_at.map(rfc3339),
            published_version: site.published_version,
            publish_error: site.publish_error,
        }
    }
}

impl SiteChange {
    fn edit(self) -> Edit {
        let mut unread = Vec::new();
        let protect = self.protect.map(|rules| read_protections(&rules.to_string()));
        let protect = protect.and_then(|read| read.map_err(|wrong| unread.extend(wrong)).ok());
        Edit {
            name: self.name,
            hosts: self.hosts.map_or(HostsEdit::Keep, HostsEdit::Replace),
            allow_loopback: self.allow_loopback,
            mode: self.mode,
            work_floor: self.work_floor,
            work_ceiling: self.work_ceiling,
            count: self.count,
            token_lifetime_seconds: self.token_lifetime_seconds,
            fallback_allowed: self.fallback_allowed,
            under_attack: self.under_attack,
            pictures: self.pictures,
            rules: None,
            protect,
            unread,
        }
    }
}
