//! `…/sites/{sitekey}/rules`: a site's rules, read and replaced as one ordered
//! list.

use axum::extract::Path;
use axum::http::HeaderMap;
use axum::response::Response;
use munjigi_domain::audit::Action;
use munjigi_domain::settings::Edit;
use munjigi_protocol::Rule;
use munjigi_store::sites::SiteRecord;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::body::Body;
use super::caller::Acting;
use super::refusal::ApiRefused;
use super::sites::{change_settings, find, tagged};

/// A site's rules.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rules {
    /// The first rule that matches applies.
    rules: Vec<Rule>,
}

/// The new rules. A misspelt condition is refused, because the rule would
/// otherwise match everybody.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRules {
    /// In order, at most 100.
    #[schema(value_type = Vec<Rule>)]
    rules: serde_json::Value,
}

/// `GET …/rules`.
pub async fn show(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
) -> Result<Response, ApiRefused> {
    Ok(answer(find(&acting, &sitekey).await?))
}

/// `PUT …/rules`.
pub async fn set(
    acting: Acting,
    Path((_, sitekey)): Path<(String, String)>,
    headers: HeaderMap,
    Body(NewRules { rules }): Body<NewRules>,
) -> Result<Response, ApiRefused> {
    let rules = munjigi_domain::settings::read_rules(&rules.to_string()).map_err(|mistakes| {
        ApiRefused::invalid(mistakes.iter().map(ToString::to_string).collect())
    })?;
    let edit = Edit { rules: Some(rules), ..Edit::default() };
    change_settings(&acting, &sitekey, &headers, &edit, Action::SiteRules).await.map(answer)
}

fn answer(site: SiteRecord) -> Response {
    tagged(site, |site| json!(Rules { rules: site.config.rules }))
}
