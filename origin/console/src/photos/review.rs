//! `/operations/photos/{photo}`: what a model said of a photo, what it shows,
//! and where. After a decision comes the next photo that waits.

use askama::Template;
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use munjigi_app::ConsoleApp;
use munjigi_domain::timestamp::to_timestamp;
use munjigi_i18n::Text;
use munjigi_protocol::{PictureType, RightRound};
use munjigi_store::photos::{self, Decision, PhotoId, PhotoState, Record};
use serde::Deserialize;

use super::{Which, change, hex, id, things};
use crate::frame::{Entry, Frame, render};
use crate::page_error::PageError;
use crate::requester::AskingUser;

/// Width and height of the picture, in pixels.
const WIDTH: u16 = 480;
const HEIGHT: u16 = 320;
/// Edge of the squares of a frame's answer, in pixels.
const SQUARE: u16 = 10;

#[derive(Template)]
#[template(path = "photo.html")]
struct Page {
    frame: Frame,
    which: Which,
    photo: Record,
    /// The things that may be chosen first: what the model said, and what is
    /// stored.
    likely: Vec<String>,
    /// Every other thing: key and name.
    others: Vec<(String, String)>,
    typed: Typed,
    mistake: Option<Text>,
    next: Option<PhotoId>,
    left: u64,
}

/// The form, as it was sent.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Typed {
    decision: String,
    /// When the photo was last decided about, as it was shown; 0 for never.
    #[serde(default)]
    reviewed_at: u64,
    #[serde(default)]
    thing: String,
    /// The thing, if it is none of the likely ones.
    #[serde(default)]
    other: String,
    /// `none`, `shown` or `frame`.
    #[serde(default)]
    place: String,
    #[serde(default)]
    left: String,
    #[serde(default)]
    top: String,
    #[serde(default)]
    width: String,
    #[serde(default)]
    height: String,
}

pub async fn show(
    asking: AskingUser,
    Path(photo): Path<String>,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, PageError> {
    let Query(which) = which.map_err(|_| PageError::nothing_here())?;
    let photo = find(&asking, &photo).await?;
    let typed = Typed {
        reviewed_at: photo.reviewed_at.map_or(0, |at| at.0),
        thing: photo.thing.clone().unwrap_or_default(),
        place: if photo.area.is_some() { "shown" } else { "none" }.to_owned(),
        ..Typed::default()
    };
    page(&asking, which, photo, typed, None).await
}

/// Accepts, rejects or puts back a photo, or says what is wrong.
pub async fn submit(
    asking: AskingUser,
    Path(photo): Path<String>,
    which: Result<Query<Which>, QueryRejection>,
    typed: Result<Form<Typed>, FormRejection>,
) -> Result<Response, PageError> {
    let Query(which) = which.map_err(|_| PageError::malformed())?;
    let Form(typed) = typed.map_err(|_| PageError::malformed())?;
    let photo = find(&asking, &photo).await?;
    let t = asking.t();
    if typed.reviewed_at != photo.reviewed_at.map_or(0, |at| at.0) {
        // Someone else decided in between.
        let mistake = t.get("photos-mistake-late");
        return page(&asking, which, photo, typed, Some(mistake)).await;
    }
    let area;
    let decision = match typed.decision.as_str() {
        "reject" => Decision::Reject,
        "reconsider" => Decision::Reconsider,
        "accept" => match typed.read(&asking.app, &photo) {
            Ok(read) => {
                area = read;
                Decision::AcceptAs { thing: typed.chosen(), area: area.as_ref() }
            }
            Err(mistake) => {
                let mistake = t.get(mistake);
                return page(&asking, which, photo, typed, Some(mistake)).await;
            }
        },
        _ => return Err(PageError::malformed()),
    };
    change(&asking, &[photo.id], decision).await?;
    let next = photos::next(&asking.app.pool, which.filter(), &photo).await?;
    let place = match next {
        Some(next) => format!("/operations/photos/{}?{}", hex(&next), which.query()),
        None => format!("/operations/photos?{}&done=1", which.query()),
    };
    Ok(Redirect::to(&place).into_response())
}

impl Typed {
    /// The thing that was chosen.
    fn chosen(&self) -> &str {
        if self.thing.is_empty() { &self.other } else { &self.thing }
    }

    /// Where the thing is, or the text that says what is wrong.
    fn read(&self, app: &ConsoleApp, photo: &Record) -> Result<Option<RightRound>, &'static str> {
        let is_stored = photo.thing.as_deref() == Some(self.chosen());
        if !is_stored && !things::is_known(self.chosen()) {
            return Err("photos-mistake-thing");
        }
        let area = match self.place.as_str() {
            "shown" => photo.area.clone(),
            "frame" => Some(self.framed().ok_or("photos-mistake-frame")?),
            _ => None,
        };
        match area {
            Some(area) if app.factory.is_guessed(PictureType::Area, &area) => {
                Err("photos-mistake-large")
            }
            area => Ok(area),
        }
    }

    /// The squares that a frame touches. `None` if it does not lie within the
    /// picture.
    fn framed(&self) -> Option<RightRound> {
        let number = |text: &str| text.trim().parse::<u16>().ok();
        let (left, top) = (number(&self.left)?, number(&self.top)?);
        let (width, height) = (number(&self.width)?, number(&self.height)?);
        let (right, bottom) = (left.checked_add(width)?, top.checked_add(height)?);
        if width == 0 || height == 0 || right > WIDTH || bottom > HEIGHT {
            return None;
        }
        let (columns, rows) = (WIDTH / SQUARE, HEIGHT / SQUARE);
        let mut mask = vec![0_u8; usize::from(columns * rows).div_ceil(8)];
        for row in top / SQUARE..bottom.div_ceil(SQUARE) {
            for column in left / SQUARE..right.div_ceil(SQUARE) {
                let place = usize::from(row * columns + column);
                if let Some(byte) = mask.get_mut(place / 8) {
                    *byte |= 1 << (place % 8);
                }
            }
        }
        let (columns, rows) = (u8::try_from(columns).ok()?, u8::try_from(rows).ok()?);
        Some(RightRound::Area { columns, rows, mask })
    }
}

async fn find(asking: &AskingUser, photo: &str) -> Result<Record, PageError> {
    let photo = id(photo).ok_or(PageError::nothing_here())?;
    photos::one(&asking.app.pool, &photo).await?.ok_or(PageError::nothing_here())
}

async fn page(
    asking: &AskingUser,
    which: Which,
    photo: Record,
    typed: Typed,
    mistake: Option<Text>,
) -> Result<Response, PageError> {
    let pool = &asking.app.pool;
    let next = photos::next(pool, which.filter(), &photo).await?;
    let tally = photos::tally(pool).await?;
    let left = tally.iter().filter(|tally| tally.state == PhotoState::Waiting);
    let left = left.map(|tally| tally.photos).sum();
    let mut likely: Vec<String> = Vec::new();
    let said = photo.said.iter().filter_map(|said| said.thing.clone());
    for thing in photo.thing.iter().cloned().chain(said) {
        if !likely.contains(&thing) {
            likely.push(thing);
        }
    }
    let t = asking.t();
    let others = things::all(&t).into_iter().filter(|(key, _)| !likely.contains(key)).collect();
    let status = if mistake.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: Frame::operations(asking, &photo.name, Entry::Photos),
        which,
        likely,
        others,
        typed,
        mistake,
        next,
        left,
        photo,
    };
    Ok((status, render(&page)?).into_response())
}

impl Page {
    fn name(&self, thing: impl AsRef<str>) -> String {
        things::name(&self.frame.t, thing.as_ref())
    }

    /// The day of the import, in UTC.
    fn imported_on(&self) -> String {
        to_timestamp(self.photo.imported_at).date().to_string()
    }

    /// The keys that choose the likely things, from 1.
    fn numbered(&self) -> impl Iterator<Item = (usize, &String)> {
        (1..).zip(&self.likely)
    }

    /// The outline of the stored place, as a path over the picture.
    fn outline(&self) -> Option<String> {
        let RightRound::Area { columns, rows, mask } = self.photo.area.as_ref()? else {
            return None;
        };
        let (columns, rows) = (u16::from(*columns), u16::from(*rows));
        let (wide, high) = (WIDTH / columns.max(1), HEIGHT / rows.max(1));
        let is_set = |place: u16| {
            let place = usize::from(place);
            mask.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1)
        };
        let squares = (0..columns * rows).filter(|place| is_set(*place)).map(|place| {
            let (x, y) = (place % columns * wide, place / columns * high);
            format!("M{x} {y}h{wide}v{high}h-{wide}z")
        });
        Some(squares.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(numbers: [&str; 4]) -> Option<RightRound> {
        let [left, top, width, height] = numbers.map(str::to_owned);
        Typed { left, top, width, height, ..Typed::default() }.framed()
    }

    #[test]
    fn a_frame_takes_every_square_that_it_touches() {
        let Some(RightRound::Area { columns, rows, mask }) = framed(["5", "0", "10", "11"]) else {
            panic!()
        };
        assert_eq!((columns, rows), (48, 32));
        let set: u32 = mask.iter().map(|byte| byte.count_ones()).sum();
        assert_eq!((set, mask[0], mask[6]), (4, 3, 3));
        for outside in [
            ["0", "0", "0", "10"],
            ["470", "0", "11", "10"],
            ["0", "320", "10", "1"],
            ["65535", "0", "1", "1"],
            ["-1", "0", "10", "10"],
            ["", "0", "10", "10"],
        ] {
            assert_eq!(framed(outside), None, "{outside:?}");
        }
        assert!(framed(["470", "310", "10", "10"]).is_some());
    }
}
