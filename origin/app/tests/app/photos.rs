//! Photos from a folder to the edge.

mod bucket;

use std::path::Path;

use image::{Rgb, RgbImage};
use munjigi_pictures::photos::{self, Attack, Found, Import, Imported, Labels, ScanError, Source};
use munjigi_protocol::{PackId, PictureKind, RightRound};
use munjigi_store::photos::{Decide, Decided, Decision, Filter, PhotoId, PhotoState, list, one};
use munjigi_store::transact;
use sqlx::PgPool;

use munjigi_rig::pictures::{OF_PHOTOS, Workshop};

/// A photo of one colour: red ones show a cup, green ones a tree.
fn photo(colour: [u8; 3], edge: u32) -> Vec<u8> {
    let image = RgbImage::from_pixel(edge, edge + 20, Rgb(colour));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn scan(folder: &Path, licence: Option<&str>) -> Result<Vec<Found>, ScanError> {
    photos::scan(&Source::Folder(folder.to_owned()), licence).await
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_photo_without_a_licence_stops_everything() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, "a.jpg", "x");
    write(path, "deep/b.PNG", "x");
    write(path, "deep/notes.txt", "x");
    write(path, "a.jpg.license", "CC-BY-4.0, Kim\n");
    assert_eq!(scan(path, None).await.unwrap_err().to_string(), "no licence for deep/b.PNG");
    let found = scan(path, Some("CC0-1.0")).await.unwrap();
    let licences: Vec<(&str, &str)> =
        found.iter().map(|file| (file.name.as_str(), file.licence.as_str())).collect();
    assert_eq!(licences, [("a.jpg", "CC-BY-4.0, Kim"), ("deep/b.PNG", "CC0-1.0")]);
    write(path, "deep/LICENSE", "Public domain");
    assert_eq!(scan(path, None).await.unwrap()[1].licence, "Public domain");
    let empty = tempfile::tempdir().unwrap();
    assert!(scan(empty.path(), Some("CC0-1.0")).await.is_err());
}

/// Seven red photos and seven green ones.
fn write_photos(folder: &Path) {
    for number in 0..7_u8 {
        write(folder, &format!("red-{number}.png"), photo([200 + number, 0, 0], 150));
        write(folder, &format!("green-{number}.png"), photo([0, 200 + number, 0], 150));
    }
}

const LIST: &str = "red thing = cup\ntree = tree\nsky\nnothing\n";

fn import<'a>(shop: &'a Workshop, labels: &'a Labels, model: &'a str) -> Import<'a> {
    Import {
        pool: &shop.rig.pool,
        gpu: shop.factory.gpu.as_ref().unwrap(),
        model,
        segmenter: Some("shapes"),
        labels,
        clock: &shop.factory.clock,
    }
}

async fn run(shop: &Workshop, folder: &Path, model: &str) -> Imported {
    let source = Source::Folder(folder.to_owned());
    let files = photos::scan(&source, Some("CC0-1.0")).await.unwrap();
    let labels = Labels::read(LIST).unwrap();
    import(shop, &labels, model).run(&source, &files, |_| ()).await.unwrap()
}

/// A workshop with the seven and seven, all of them waiting.
async fn imported(pool: PgPool) -> Workshop {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| {
        config.kinds = OF_PHOTOS.to_vec();
        config.low_water = 20;
    });
    let folder = tempfile::tempdir().unwrap();
    write_photos(folder.path());
    run(&shop, folder.path(), "colours").await;
    shop
}

async fn of(shop: &Workshop, state: PhotoState, thing: Option<&str>) -> Vec<PhotoId> {
    let listed = list(&shop.rig.pool, Filter { state, thing }, 0, 100).await.unwrap();
    listed.into_iter().map(|photo| photo.id).collect()
}

async fn decide(shop: &Workshop, photos: &[PhotoId], decision: Decision<'_>) -> u64 {
    let deals = |kind, switch| shop.factory.deals(kind, switch);
    let now = shop.rig.now();
    let unit = Decide { photos, decision, deals: &deals, now };
    let Decided(changed) = transact(&shop.rig.pool, &unit).await.unwrap();
    changed
}

/// The packs in the pools of the edge, by kind.
fn dealt(shop: &Workshop, kind: PictureKind) -> Vec<PackId> {
    let pools = shop.rig.edge.pools();
    pools.packs.iter().filter(|entry| entry.kind == kind).map(|entry| entry.id).collect()
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn photos_are_labelled_once_and_wait_for_a_person(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.kinds = OF_PHOTOS.to_vec());
    let folder = tempfile::tempdir().unwrap();
    write_photos(folder.path());
    write(folder.path(), "blue.png", photo([0, 0, 200], 150));
    write(folder.path(), "broken.png", "no image");
    let refused = vec!["broken.png: image-malformed: refused by the gpu-backend".to_owned()];
    let first =
        Imported { imported: 15, labelled: 14, areas: 7, known: 0, refused: refused.clone() };
    assert_eq!(run(&shop, folder.path(), "colours").await, first);
    let again = Imported { known: 15, refused, ..Imported::default() };
    assert_eq!(run(&shop, folder.path(), "colours").await, again);
    assert_eq!(run(&shop, folder.path(), "colours@1").await.known, 15);
    let licensed = "SELECT count(*) FROM photos WHERE licence = 'CC0-1.0' AND model = 'colours@1'";
    assert_eq!(shop.rig.number(licensed).await, 15);

    let waiting = of(&shop, PhotoState::Waiting, None).await;
    assert_eq!(waiting.len(), 15);
    let first = one(&shop.rig.pool, &waiting[0]).await.unwrap().unwrap();
    assert_eq!(first.thing.as_deref(), Some("cup"));
    let said: Vec<(&str, Option<&str>)> =
        first.said.iter().map(|said| (said.label.as_str(), said.thing.as_deref())).collect();
    assert_eq!(said, [("red thing", Some("cup")), ("nothing", None)]);
    // Nothing is dealt that no one has looked at.
    shop.round().await;
    assert_eq!(shop.rig.number("SELECT count(*) FROM packs").await, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn only_accepted_photos_are_dealt(pool: PgPool) {
    let shop = imported(pool).await;
    let cups = of(&shop, PhotoState::Waiting, Some("cup")).await;
    let trees = of(&shop, PhotoState::Waiting, Some("tree")).await;
    assert_eq!((cups.len(), trees.len()), (7, 7));
    assert_eq!(decide(&shop, &cups[..3], Decision::Accept).await, 3);
    assert_eq!(decide(&shop, &trees[..6], Decision::Accept).await, 6);
    assert_eq!(decide(&shop, &cups[6..], Decision::Reject).await, 1);
    shop.round().await;
    shop.round().await;
    let [grid] = dealt(&shop, PictureKind::PhotoGrid)[..] else { panic!() };
    let [area] = dealt(&shop, PictureKind::PhotoArea)[..] else { panic!() };
    let packs = shop.rig.edge.packs();
    let grid = packs.iter().find(|pack| pack.id == grid).unwrap();
    assert_eq!((grid.items.len(), grid.rows, grid.columns), (4, 3, 3));
    // Three cups of nine are all that there are; trees lack others.
    assert!(grid.items.iter().all(|item| item.prompt == "cup"));
    let area = packs.iter().find(|pack| pack.id == area).unwrap();
    assert_eq!((area.items.len(), area.rows, area.columns), (4, 1, 1));
    assert!(area.items.iter().all(|item| item.prompt == "tree"));
    // The picture is red where the answer says that there are cups.
    let images = shop.rig.edge.images(grid.id).unwrap();
    for item in &grid.items {
        let RightRound::Grid { cells } = &item.answer else { panic!("{:?}", item.answer) };
        assert_eq!(cells.len(), 3);
        let span = item.images[0];
        let (at, len) = (span.at as usize, span.len as usize);
        let sprite = image::load_from_memory(&images[at..at + len]).unwrap().into_rgb8();
        assert_eq!(sprite.dimensions(), (384, 384));
        for place in 0..9_u8 {
            let (x, y) = (u32::from(place % 3) * 128 + 64, u32::from(place / 3) * 128 + 64);
            assert_eq!(sprite.get_pixel(x, y).0[0] > 128, cells.contains(&place));
        }
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_photo_that_is_rejected_later_takes_its_packs_along(pool: PgPool) {
    let shop = imported(pool).await;
    let all = of(&shop, PhotoState::Waiting, None).await;
    decide(&shop, &all, Decision::Accept).await;
    shop.round().await;
    shop.round().await;
    let (grids, areas) =
        (dealt(&shop, PictureKind::PhotoGrid), dealt(&shop, PictureKind::PhotoArea));
    assert_eq!((grids.len(), areas.len()), (1, 1));
    // The same decision again changes nothing.
    assert_eq!(decide(&shop, &all, Decision::Accept).await, 0);
    shop.round().await;
    assert_eq!(dealt(&shop, PictureKind::PhotoGrid), grids);
    shop.rig.pass(1_000);
    assert_eq!(decide(&shop, &all[..1], Decision::Reject).await, 1);
    let (_stopper, stop) = munjigi_process::stop::pair();
    munjigi_delivery::outbox::deliver_due(&shop.factory, &stop).await.unwrap();
    assert_eq!(dealt(&shop, PictureKind::PhotoGrid), []);
    assert_eq!(dealt(&shop, PictureKind::PhotoArea), []);
    shop.round().await;
    shop.round().await;
    let others = dealt(&shop, PictureKind::PhotoGrid);
    assert_eq!(others.len(), 1);
    assert_ne!(others, grids);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_program_that_knows_the_things_passes_every_grid(pool: PgPool) {
    let shop = imported(pool).await;
    let labels = Labels::read(LIST).unwrap();
    let gpu = shop.factory.gpu.as_ref().unwrap();
    let attack = Attack { pool: &shop.rig.pool, gpu, model: "colours", labels: &labels };
    let seeds: Vec<[u8; 32]> = (0..40).map(|number| [number; 32]).collect();
    assert_eq!(attack.run(&seeds).await.unwrap(), None, "no photo is accepted yet");
    let all = of(&shop, PhotoState::Waiting, None).await;
    decide(&shop, &all, Decision::Accept).await;
    let attacked = attack.run(&seeds).await.unwrap().unwrap();
    assert_eq!((attacked.model.as_str(), attacked.photos), ("colours@1", 14));
    assert_eq!((attacked.passed, attacked.tried), (40, 40));
    // One that confuses cups and trees passes none.
    let labels = Labels::read("red thing = tree\ntree = cup\nsky\nnothing\n").unwrap();
    let attack = Attack { labels: &labels, ..attack };
    assert_eq!(attack.run(&seeds).await.unwrap().unwrap().passed, 0);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_person_s_word_counts_more_than_a_model_s(pool: PgPool) {
    let shop = imported(pool).await;
    let cup = of(&shop, PhotoState::Waiting, Some("cup")).await[0];
    let tree = of(&shop, PhotoState::Waiting, Some("tree")).await[0];
    let area = RightRound::Area { columns: 8, rows: 4, mask: vec![3, 0, 0, 0] };
    let decision = Decision::AcceptAs { thing: "hat", area: Some(&area) };
    assert_eq!(decide(&shop, &[cup], decision).await, 1);
    assert_eq!(decide(&shop, &[cup], decision).await, 0, "it is so already");
    let folder = tempfile::tempdir().unwrap();
    write_photos(folder.path());
    let other = run(&shop, folder.path(), "hues").await;
    assert_eq!((other.imported, other.known), (13, 1));
    let record = one(&shop.rig.pool, &cup).await.unwrap().unwrap();
    assert_eq!((record.model.as_str(), record.thing.as_deref()), ("colours@1", Some("hat")));
    assert_eq!(record.area, Some(area));
    let record = one(&shop.rig.pool, &tree).await.unwrap().unwrap();
    assert_eq!(record.model, "hues@1");
    // One that shows nothing cannot be accepted as it is.
    write(folder.path(), "blue.png", photo([0, 0, 200], 150));
    run(&shop, folder.path(), "hues").await;
    let nothing = *of(&shop, PhotoState::Waiting, None).await.last().unwrap();
    assert_eq!(decide(&shop, &[nothing], Decision::Accept).await, 0);
    let decision = Decision::AcceptAs { thing: "boat", area: None };
    assert_eq!(decide(&shop, &[nothing], decision).await, 1);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_model_that_says_what_no_list_has_imports_nothing(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let folder = tempfile::tempdir().unwrap();
    write_photos(folder.path());
    let source = Source::Folder(folder.path().to_owned());
    let files = photos::scan(&source, Some("CC0-1.0")).await.unwrap();
    let labels = Labels::read("tree = tree\nsky\nnothing\n").unwrap();
    let error = import(&shop, &labels, "colours").run(&source, &files[7..], |_| ()).await;
    assert_eq!(error.unwrap_err().code(), Some("label-unknown"));
    let labels = Labels::read(LIST).unwrap();
    let import = Import { segmenter: Some("colours"), ..import(&shop, &labels, "colours") };
    let error = import.run(&source, &files, |_| ()).await;
    assert_eq!(error.unwrap_err().code(), Some("model-other-task"));
    assert_eq!(shop.rig.number("SELECT count(*) FROM photos").await, 0);
}
