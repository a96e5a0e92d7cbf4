use super::*;

#[test]
fn plans_are_read_and_their_mistakes_reported() {
    let plan = Plan::read("latest = \"1.0.0\"").unwrap();
    assert_eq!(plan.latest, Some("1.0.0".parse().unwrap()));
    assert_eq!(Plan::read("").unwrap(), Plan::default());
    for text in ["latest = \"1\"", "latest = 1", "colour = 1"] {
        assert!(Plan::read(text).is_err(), "{text}");
    }
}

#[test]
fn a_model_is_named_with_or_without_a_version() {
    let named = |text: &str| text.parse::<Named>();
    assert_eq!(named("tile").unwrap(), named("tile@latest").unwrap());
    assert_eq!(named("tile@1.0.2").unwrap().to_string(), "tile@1.0.2");
    for text in ["", "@", "Tile", "tile@", "tile@1", "tile@01.0.0", "tile@1.0.0@2.0.0"] {
        assert!(named(text).is_err(), "{text}");
    }
}

#[test]
fn while_the_models_are_loaded_none_is_called_unknown() {
    let tile: Named = "tile".parse().unwrap();
    assert_eq!(Fleet::default().choose(&tile).unwrap_err(), NotServed::Loading);
    let loaded = Fleet { is_loaded: true, ..Fleet::default() };
    assert_eq!(loaded.choose(&tile).unwrap_err(), NotServed::Unknown(tile));
}
