//! Photos from a folder to the edge.

mod bucket;

use std::collections::BTreeSet;
use std::path::Path;

use image::{Rgb, RgbImage};
use munjigi_pictures::photos::{
    self, Example, Found, Import, ImportError, Imported, Labels, ScanError, Source, compose,
};
use munjigi_protocol::RightRound;
use munjigi_store::photos::Photo;
use sqlx::PgPool;

use crate::rig::pictures::{OF_PHOTOS, Workshop};

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

#[test]
fn a_grid_shows_the_thing_where_its_answer_says() {
    let tile = |colour| photos::tile(&photo(colour, 200)).unwrap();
    let (red, green) = (tile([250, 0, 0]), tile([0, 250, 0]));
    let photo = |label: &str, tile: &Vec<u8>| Photo { label: label.to_owned(), tile: tile.clone() };
    let mut photos = vec![photo("cup", &red); 6];
    photos.extend(vec![photo("tree", &green); 6]);
    let seeds: Vec<[u8; 32]> = (0..20).map(|number| [number; 32]).collect();
    let grids = compose(&photos, &seeds).unwrap();
    assert_eq!(grids, compose(&photos, &seeds).unwrap());
    assert_eq!(grids.len(), 20);
    let mut counts = BTreeSet::new();
    for grid in grids {
        let RightRound::Grid { cells } = &grid.answer else { panic!("{:?}", grid.answer) };
        let sprite = image::load_from_memory(&grid.image).unwrap().into_rgb8();
        assert_eq!(sprite.dimensions(), (384, 384));
        counts.insert(cells.len());
        for place in 0..9_u8 {
            let (x, y) = (u32::from(place % 3) * 128 + 64, u32::from(place / 3) * 128 + 64);
            let is_red = sprite.get_pixel(x, y).0[0] > 128;
            assert_eq!(is_red == (grid.prompt == "cup"), cells.contains(&place));
        }
    }
    assert_eq!(counts, BTreeSet::from([3, 4, 5]));
    assert!(compose(&photos[..8], &seeds).is_err());
}

/// A sample that both fake models get right: green photos for both, red ones,
/// in which the segmenter finds two things, for the classifier.
fn write_sample(folder: &Path) {
    for number in 0..50_u8 {
        write(folder, &format!("tree/{number}.png"), photo([0, 200 + number, 0], 40));
    }
    for number in 0..10_u8 {
        write(folder, &format!("cup/{number}.png"), photo([200 + number, 0, 0], 40));
    }
    write(folder, "none/sky.png", photo([0, 0, 200], 40));
}

/// Seven red photos and seven green ones.
fn write_photos(folder: &Path) {
    for number in 0..7_u8 {
        write(folder, &format!("red-{number}.png"), photo([200 + number, 0, 0], 150));
        write(folder, &format!("green-{number}.png"), photo([0, 200 + number, 0], 150));
    }
}

const LIST: &str = "red thing = cup\ntree = tree\nsky\n";

fn import<'a>(shop: &'a Workshop, labels: &'a Labels, model: &'a str) -> Import<'a> {
    Import {
        pool: &shop.rig.pool,
        gpu: shop.factory.gpu.as_ref().unwrap(),
        model,
        segmenter: Some("shapes"),
        labels,
        sure: 0.9,
        clock: &shop.factory.clock,
        entropy: &shop.factory.entropy,
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn photos_are_labelled_once_packed_and_published(pool: PgPool) {
    let mut shop = Workshop::new(pool).await;
    shop.set(|config| config.kinds = OF_PHOTOS.to_vec());
    let (folder, known) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_photos(folder.path());
    write(folder.path(), "blue.png", photo([0, 0, 200], 150));
    write(folder.path(), "broken.png", "no image");
    write_sample(known.path());
    let known = Source::Folder(known.path().to_owned());
    let sample = photos::sample(&known).unwrap();
    let source = Source::Folder(folder.path().to_owned());
    let files = photos::scan(&source, Some("CC0-1.0")).await.unwrap();
    let labels = Labels::read(LIST).unwrap();
    let import = import(&shop, &labels, "colours");
    let vetted = import.vet(&known, &sample).await.unwrap();
    let model = &vetted.model;
    assert_eq!((model.model.as_str(), model.measured.photos), ("colours@1", 61));
    assert_eq!((model.measured.judged, model.measured.right), (60, 60));
    let segmenter = vetted.segmenter.as_ref().unwrap();
    assert_eq!((segmenter.model.as_str(), segmenter.measured.judged), ("shapes@1", 50));

    let few = import.pack(&vetted, 1, 8, 100).await.unwrap_err();
    assert!(matches!(few, ImportError::TooFew(_)), "{few}");
    let refused = vec!["broken.png: not a readable image".to_owned()];
    let first = Imported { labelled: 14, unsure: 1, areas: 7, known: 0, refused: refused.clone() };
    assert_eq!(import.label(&vetted, &source, &files).await.unwrap(), first);
    let again = Imported { labelled: 0, unsure: 0, areas: 0, known: 15, refused };
    assert_eq!(import.label(&vetted, &source, &files).await.unwrap(), again);
    let licensed = "SELECT count(*) FROM photos WHERE licence = 'CC0-1.0' AND model = 'colours@1'";
    assert_eq!(shop.rig.number(licensed).await, 15);

    let packs = import.pack(&vetted, 1, 8, 100).await.unwrap();
    shop.round().await;
    assert_eq!(shop.dealt_from(), packs);
    let prompts: BTreeSet<String> =
        shop.rig.edge.packs()[0].items.iter().map(|item| item.prompt.clone()).collect();
    assert_eq!(prompts, BTreeSet::from(["cup".to_owned(), "tree".to_owned()]));

    let areas = import.pack_areas(&vetted, 5, 100).await.unwrap();
    // Seven photos: one pack of five; two are too few for another.
    assert_eq!(areas.len(), 1);
    shop.round().await;
    let found = shop.rig.edge.packs().into_iter().find(|pack| pack.id == areas[0]).unwrap();
    assert_eq!((found.items.len(), found.rows, found.columns), (5, 1, 1));
    assert!(found.items.iter().all(|item| item.prompt == "tree"));
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_model_that_is_imprecise_on_the_sample_is_refused(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let folder = tempfile::tempdir().unwrap();
    write_sample(folder.path());
    let source = Source::Folder(folder.path().to_owned());
    let labels = Labels::read(LIST).unwrap();
    let import = import(&shop, &labels, "colours");
    // Two of 62 are 3.2 %.
    write(folder.path(), "cup/61.png", photo([0, 251, 0], 40));
    write(folder.path(), "none/62.png", photo([0, 252, 0], 40));
    let refused = import.vet(&source, &photos::sample(&source).unwrap()).await.unwrap_err();
    assert_eq!(refused.code(), Some("model-imprecise"), "{refused}");
    let said = refused.to_string();
    for words in [
        "colours@1",
        "right in 60: 96.77 %, but 98 % are required",
        "cup/61.png: tree",
        "none/62.png: tree",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn a_model_is_refused_that_is_rarely_sure_or_says_what_no_list_has(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let folder = tempfile::tempdir().unwrap();
    write_sample(folder.path());
    let source = Source::Folder(folder.path().to_owned());
    let sample = photos::sample(&source).unwrap();
    let code = async |list: &str, sample: &[Example], model: &str| {
        let labels = Labels::read(list).unwrap();
        let refused = import(&shop, &labels, model).vet(&source, sample).await.unwrap_err();
        refused.code().unwrap()
    };
    assert_eq!(code(LIST, &sample[..20], "colours").await, "sample-too-small");
    assert_eq!(code("red thing\ntree\nsky\n", &sample, "colours").await, "sample-too-small");
    assert_eq!(code("tree = tree\nsky\n", &sample, "colours").await, "label-unknown");
    write(folder.path(), "cup/broken.png", "no image");
    let sample = photos::sample(&source).unwrap();
    assert_eq!(code(LIST, &sample, "colours").await, "sample-refused");
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn what_another_model_said_is_replaced_and_things_not_measured_are_not_used(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let (folder, known) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(folder.path(), "red.png", photo([210, 0, 0], 150));
    write(folder.path(), "green.png", photo([0, 210, 0], 150));
    write_sample(known.path());
    std::fs::remove_dir_all(known.path().join("cup")).unwrap();
    let known = Source::Folder(known.path().to_owned());
    let sample = photos::sample(&known).unwrap();
    let source = Source::Folder(folder.path().to_owned());
    let files = photos::scan(&source, Some("CC0-1.0")).await.unwrap();
    let labels = Labels::read(LIST).unwrap();
    let label = async |model: &str| {
        let import = import(&shop, &labels, model);
        let vetted = import.vet(&known, &sample).await.unwrap();
        import.label(&vetted, &source, &files).await.unwrap()
    };
    let first = label("colours").await;
    assert_eq!((first.labelled, first.unsure, first.areas, first.known), (1, 1, 1, 0));
    let other = label("hues").await;
    assert_eq!((other.labelled, other.unsure, other.areas, other.known), (1, 1, 0, 0));
    assert_eq!(shop.rig.number("SELECT count(*) FROM photos WHERE model = 'hues@1'").await, 2);
    assert_eq!(shop.rig.number("SELECT count(*) FROM photos").await, 2);
}

#[sqlx::test(migrator = "munjigi_store::MIGRATOR")]
async fn packs_contain_only_certain_labels_that_were_measured(pool: PgPool) {
    let shop = Workshop::new(pool).await;
    let (folder, known) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_photos(folder.path());
    write_sample(known.path());
    let known = Source::Folder(known.path().to_owned());
    let sample = photos::sample(&known).unwrap();
    let source = Source::Folder(folder.path().to_owned());
    let files = photos::scan(&source, Some("CC0-1.0")).await.unwrap();
    let labels = Labels::read(LIST).unwrap();
    let mut import = import(&shop, &labels, "colours");
    let mut vetted = import.vet(&known, &sample).await.unwrap();
    // The threshold of the first run is higher than any score of the model.
    import.sure = 1.0;
    let first = import.label(&vetted, &source, &files).await.unwrap();
    assert_eq!((first.labelled, first.unsure, first.areas), (0, 14, 0));
    assert!(matches!(import.pack(&vetted, 1, 4, 100).await, Err(ImportError::TooFew(_))));
    // The stored answers are good enough for the second.
    import.sure = 0.9;
    let second = import.label(&vetted, &source, &files).await.unwrap();
    assert_eq!((second.known, second.areas), (14, 7));
    assert_eq!(import.pack(&vetted, 1, 4, 100).await.unwrap().len(), 1);
    assert_eq!(import.pack_areas(&vetted, 7, 100).await.unwrap().len(), 1);
    // But not for one that was measured only on cups.
    vetted.model.measured.things.remove("tree");
    vetted.segmenter.as_mut().unwrap().measured.things.remove("tree");
    assert!(matches!(import.pack(&vetted, 1, 4, 100).await, Err(ImportError::TooFew(_))));
    assert_eq!(import.pack_areas(&vetted, 7, 100).await.unwrap(), []);
}
