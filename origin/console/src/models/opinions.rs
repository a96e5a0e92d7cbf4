//! `/operations/models/opinions`: likes and dislikes of what models said, and
//! all of them as a file.

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use data_encoding::HEXLOWER;
use munjigi_domain::timestamp::from_timestamp;
use munjigi_protocol::{PredictReply, Prediction};
use munjigi_store::opinions::{self, MOST_COMMENT, MOST_NAME, Opinion};
use serde::Serialize;

use super::MOST_MODELS;
use crate::page_error::PageError;
use crate::requester::AskingUser;

/// Opinions of a file, the newest.
const MOST_EXPORTED: u32 = 10_000;

/// One answer's fields of the form; their names end with its number.
#[derive(Debug, Default)]
struct Typed {
    said: String,
    likes: Option<bool>,
    comment: String,
}

/// Keeps the opinions that were given; an answer without one is left out.
pub async fn keep(
    asking: AskingUser,
    fields: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(fields) = fields.map_err(|_| PageError::malformed())?;
    let opinions = read(fields).ok_or_else(PageError::malformed)?;
    let app = &asking.app;
    opinions::keep(&app.pool, &opinions, app.clock.now()).await?;
    tracing::info!(kept = opinions.len(), by = %asking.user.account.id, "models were judged");
    Ok(Redirect::to(&format!("/operations/models?done={}", opinions.len())).into_response())
}

/// `None`: it is not the form that was shown.
fn read(fields: Vec<(String, String)>) -> Option<Vec<Opinion>> {
    let (mut picture, mut name) = (None, String::new());
    let mut typed: Vec<Typed> = Vec::new();
    for (field, value) in fields {
        match field.as_str() {
            "picture" => picture = HEXLOWER.decode(value.as_bytes()).ok()?.try_into().ok(),
            "name" => name = value.chars().take(MOST_NAME).collect(),
            _ => {}
        }
        let Some((field, number)) = field.split_once('.') else { continue };
        let number: usize = number.parse().ok().filter(|number| *number < MOST_MODELS)?;
        if typed.len() <= number {
            typed.resize_with(number + 1, Typed::default);
        }
        let typed = typed.get_mut(number)?;
        match field {
            "said" => typed.said = value,
            "likes" => typed.likes = Some(value == "yes"),
            "comment" => typed.comment = value.trim().chars().take(MOST_COMMENT).collect(),
            _ => return None,
        }
    }
    let picture = picture?;
    let given = typed.into_iter().filter_map(|typed| Some((typed.likes?, typed)));
    given
        .map(|(likes, typed)| {
            let PredictReply { model, version, engine, prediction, milliseconds } =
                serde_json::from_str(&typed.said).ok()?;
            let name = name.clone();
            let comment = typed.comment.replace('\0', "");
            let model = format!("{model}@{version}");
            let fits = model.len() <= 200 && !typed.said.contains("\\u0000");
            fits.then_some(Opinion {
                model,
                picture,
                name: name.replace('\0', ""),
                likes,
                comment,
                said: prediction,
                engine: engine.replace('\0', ""),
                milliseconds,
            })
        })
        .collect()
}

/// A line of the file.
#[derive(Serialize)]
struct Line {
    at: String,
    model: String,
    picture: String,
    name: String,
    likes: bool,
    comment: String,
    said: Prediction,
    engine: String,
    milliseconds: f64,
}

/// `…/opinions.jsonl`: a JSON object per line, the newest first.
pub async fn export(asking: AskingUser) -> Result<Response, PageError> {
    let opinions = opinions::newest(&asking.app.pool, MOST_EXPORTED).await?;
    let mut file = String::new();
    for (at, opinion) in opinions {
        let line = Line {
            at: from_timestamp(at).rfc3339(),
            model: opinion.model,
            picture: HEXLOWER.encode(&opinion.picture),
            name: opinion.name,
            likes: opinion.likes,
            comment: opinion.comment,
            said: opinion.said,
            engine: opinion.engine,
            milliseconds: opinion.milliseconds,
        };
        file.push_str(&serde_json::to_string(&line).expect("an opinion is plain data"));
        file.push('\n');
    }
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"model-opinions.jsonl\""),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, file).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = r#"{"model":"net","version":"1.0.0","engine":"rten","milliseconds":3.5,
        "prediction":{"task":"classify","classes":[["cat",0.5]]}}"#;

    fn form(fields: &[(&str, &str)]) -> Option<Vec<Opinion>> {
        let picture = ("picture".to_owned(), "ab".repeat(32));
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(std::iter::once(picture).chain(fields).collect())
    }

    #[test]
    fn only_answers_with_an_opinion_are_kept() {
        let fields = [
            ("name", "cat.jpg"),
            ("said.0", SAID),
            ("comment.0", "no like and no dislike"),
            ("said.1", SAID),
            ("likes.1", "no"),
            ("comment.1", " a fox\0 "),
        ];
        let kept = form(&fields).unwrap();
        assert_eq!(kept.len(), 1);
        assert_eq!((kept[0].model.as_str(), kept[0].likes), ("net@1.0.0", false));
        assert_eq!((kept[0].comment.as_str(), kept[0].name.as_str()), ("a fox", "cat.jpg"));
    }

    #[test]
    fn what_is_not_that_form_is_refused() {
        for wrong in [
            &[("said.8", SAID), ("likes.8", "yes")][..],
            &[("said.0", "{}"), ("likes.0", "yes")],
            &[("likes.0", "yes")],
            &[("said.x", SAID)],
            &[("other.0", SAID)],
            &[("said.99999999999999999999", SAID)],
        ] {
            assert_eq!(form(wrong), None, "{wrong:?}");
        }
        assert_eq!(read(Vec::new()), None);
    }
}
