//! `…/lists`: the lists that an organisation keeps for its rules, and the
//! published ones with their dates.

use askama::Template;
use axum::Form;
use axum::extract::Path;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_captcha::{Entry as Listed, ListId};
use munjigi_domain::accounts::{Id, Permission};
use munjigi_domain::lists::{EntryMistake, LineMistake, ListName, MAX_ENTRIES, read_entries};
use munjigi_i18n::{Text, Texts};
use munjigi_store::audit::Author;
use munjigi_store::lists::{
    self, CreateList, DeleteList, ListRecord, ListRefused, PublishedRecord, ReplaceList,
};
use munjigi_store::transact;
use serde::Deserialize;

use super::flash::Flash;
use super::frame::{Entry, Frame, render};
use super::page_error::PageError;
use super::requester::Asking;

#[derive(Template)]
#[template(path = "lists.html")]
struct All {
    frame: Frame,
    own: Vec<ListRecord>,
    published: Vec<Row>,
    may_change: bool,
    typed: Typed,
    notice: Option<Text>,
    mistakes: Vec<Text>,
}

struct Row {
    list: PublishedRecord,
    meaning: Text,
    is_stale: bool,
}

#[derive(Template)]
#[template(path = "list.html")]
struct One {
    frame: Frame,
    list: ListRecord,
    may_change: bool,
    typed: Typed,
    mistakes: Vec<Text>,
}

/// A list as it was typed.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    name: String,
    /// One entry a line.
    entries: String,
}

/// The form of one list.
#[derive(Debug, Deserialize)]
pub struct ListsForm {
    change: String,
    /// The version that was shown.
    version: u64,
    #[serde(flatten)]
    typed: Typed,
}

pub async fn show(asking: Asking, Flash(done): Flash) -> Result<Response, PageError> {
    let done = done.unwrap_or_default();
    let notice = match done.as_str() {
        "created" => Some(asking.t().get("lists-done-created")),
        "changed" => Some(asking.t().get("lists-done-changed")),
        "deleted" => Some(asking.t().get("lists-done-deleted")),
        _ => None,
    };
    all(&asking, notice, Typed::default(), Vec::new()).await
}

/// Creates a list, or reports every mistake.
pub async fn create(
    asking: Asking,
    typed: Result<Form<Typed>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(typed) = typed.map_err(|_| PageError::malformed())?;
    let (name, entries) = match typed.read(asking.t()) {
        Ok(read) => read,
        Err(mistakes) => return all(&asking, None, typed, mistakes).await,
    };
    let unit = CreateList {
        id: &Id::draw(&asking.app.entropy),
        organisation: asking.organisation(),
        name: &name,
        entries: &entries,
        by: Author::Account(&asking.actor()),
        now: asking.app.clock.now(),
    };
    match transact(&asking.app.pool, &unit).await? {
        Ok(()) => Ok(back(&asking, "created")),
        Err(refused) => {
            let mistake = told(asking.t(), &refused);
            all(&asking, None, typed, vec![mistake]).await
        }
    }
}

pub async fn one(
    asking: Asking,
    Path((_, list)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let list = find(&asking, &list).await?;
    let typed = Typed { name: list.name.clone(), entries: list.entries.join("\n") };
    edited(&asking, list, typed, StatusCode::OK, Vec::new())
}

/// Changes or deletes a list, or says why not.
pub async fn submit(
    asking: Asking,
    Path((_, list)): Path<(String, String)>,
    fields: Result<Form<ListsForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(ListsForm { change, version, typed }) = fields.map_err(|_| PageError::malformed())?;
    let list = find(&asking, &list).await?;
    let digits = list.id.own().and_then(|digits| digits.parse().ok());
    let id: Id = digits.ok_or(PageError::nothing_here())?;
    let (organisation, now) = (asking.organisation(), asking.app.clock.now());
    let (actor, pool) = (&asking.actor(), &asking.app.pool);
    let by = Author::Account(actor);
    let (answer, done) = match change.as_str() {
        "save" => {
            let (name, entries) = match typed.read(asking.t()) {
                Ok(read) => read,
                Err(mistakes) => {
                    return edited(
                        &asking,
                        list,
                        typed,
                        StatusCode::UNPROCESSABLE_ENTITY,
                        mistakes,
                    );
                }
            };
            let (id, name, entries, shown) = (&id, &name, &entries[..], Some(version));
            let unit = ReplaceList { id, organisation, name, entries, shown, by, now };
            (transact(pool, &unit).await?, "changed")
        }
        "delete" => {
            (transact(pool, &DeleteList { id: &id, organisation, by, now }).await?, "deleted")
        }
        _ => return Err(PageError::malformed()),
    };
    match answer {
        Ok(()) => Ok(back(&asking, done)),
        Err(ListRefused::Unknown) => Err(PageError::nothing_here()),
        Err(refused) => {
            let mistake = told(asking.t(), &refused);
            edited(&asking, list, typed, StatusCode::CONFLICT, vec![mistake])
        }
    }
}

impl Typed {
    fn read(&self, t: Texts) -> Result<(ListName, Vec<Listed>), Vec<Text>> {
        let name = self.name.trim().parse::<ListName>();
        match (name, read_entries(self.entries.lines())) {
            (Ok(name), Ok(entries)) => Ok((name, entries)),
            (name, entries) => {
                let name = name.err().map(|_| t.get("lists-mistake-name"));
                let lines = entries.err().unwrap_or_default();
                Err(name.into_iter().chain(lines.iter().map(|line| wrong(t, line))).collect())
            }
        }
    }
}

fn wrong(t: Texts, mistake: &EntryMistake) -> Text {
    match mistake {
        EntryMistake::TooMany { count } => {
            t.get("lists-mistake-too-many").count("count", *count).count("most", MAX_ENTRIES)
        }
        EntryMistake::More { count } => t.get("lists-mistake-more").count("count", *count),
        EntryMistake::Line(LineMistake { line, text, reason }) => {
            let why = t.each("list-line", reason.code());
            t.get("lists-mistake-line").count("line", *line).with("text", text).with("why", why)
        }
    }
}

fn told(t: Texts, refused: &ListRefused) -> Text {
    match refused {
        ListRefused::Unknown => t.get("lists-refused-unknown"),
        ListRefused::NameTaken => t.get("lists-refused-name-taken"),
        ListRefused::TooMany => t.get("lists-refused-too-many"),
        ListRefused::InUse { sites } => {
            t.get("lists-refused-in-use").with("sites", sites.join(", "))
        }
        ListRefused::ChangedSince => t.get("lists-refused-changed-since"),
    }
}

async fn find(asking: &Asking, list: &str) -> Result<ListRecord, PageError> {
    let id: ListId = list.parse().map_err(|_| PageError::nothing_here())?;
    let list = lists::find(&asking.app.pool, asking.organisation(), &id).await?;
    list.ok_or(PageError::nothing_here())
}

fn back(asking: &Asking, done: &str) -> Response {
    let organisation = asking.organisation();
    Redirect::to(&format!("/console/{organisation}/lists?done={done}")).into_response()
}

async fn all(
    asking: &Asking,
    notice: Option<Text>,
    typed: Typed,
    mistakes: Vec<Text>,
) -> Result<Response, PageError> {
    let (t, pool, now) = (asking.t(), &asking.app.pool, asking.app.clock.now());
    let (own, published) = tokio::try_join!(
        lists::of_organisation(pool, asking.organisation()),
        lists::published(pool)
    )?;
    let row = |list: PublishedRecord| Row {
        meaning: t.each("list", &list.name),
        is_stale: list.is_stale(now),
        list,
    };
    let status =
        if mistakes.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = All {
        frame: asking.frame(t.get("lists-title"), Entry::Lists),
        own,
        published: published.into_iter().map(row).collect(),
        may_change: asking.role().may(Permission::ChangeRules),
        typed,
        notice,
        mistakes,
    };
    Ok((status, render(&page)?).into_response())
}

fn edited(
    asking: &Asking,
    list: ListRecord,
    typed: Typed,
    status: StatusCode,
    mistakes: Vec<Text>,
) -> Result<Response, PageError> {
    let title = asking.t().get("lists-of").with("name", &list.name);
    let page = One {
        frame: asking.frame(title, Entry::Lists),
        list,
        may_change: asking.role().may(Permission::ChangeRules),
        typed,
        mistakes,
    };
    Ok((status, render(&page)?).into_response())
}
