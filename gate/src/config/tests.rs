use super::*;

const KEYS: &str = "t1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const CHECK: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A file with the three secrets in its first three lines, and more.
fn file(more: &str) -> String {
    format!("root_keys = \"{KEYS}\"\ninternal_keys = \"{KEYS}\"\nkey_check = \"{CHECK}\"\n{more}")
}

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let file = File::parse("etc/gate.toml", text).map_err(|error| error.to_string())?;
    let pairs = variables.iter().map(|(name, value)| (name.into(), value.into()));
    let secret = |path: &str| match path {
        "etc/secret" => Ok(format!("{KEYS}\n")),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    Settings::new(Some(file), pairs, secret).config().map_err(|error| error.to_string())
}

#[test]
fn three_secrets_are_enough() {
    let config = read(&file(""), &[]).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8786");
    assert_eq!(config.operator_listen.unwrap().to_string(), "127.0.0.1:8785");
    assert_eq!(config.data, Path::new("etc/munjigi.db"));
    assert_eq!((config.limits.clients.get(), config.limits.challenges.get()), (600, 1_200));
    assert!(
        config.proxies.is_none() && config.public.is_none() && config.edge.origin_url.is_none()
    );
}

#[test]
fn a_setting_is_read_in_its_own_form() {
    let config = read(
        &file(
            "listen = \"[::]:443\"\noperator_listen = \"none\"\ndata = \"/var/lib/a.db\"\n\
            url = \"https://captcha.example/\"\nclient_header = \"X-Forwarded-For\"\n\
            trusted_proxies = [\"10.0.0.0/8\", \"::1\"]\nchallenge_limit = 9\nlocal = true\n\
            origin_url = \"http://127.0.0.1:8080\"\nlog_requests = true\n\
            networks = [\"a.mmdb\", \"/b.mmdb\"]",
        ),
        &[],
    )
    .unwrap();
    assert_eq!((config.listen.to_string().as_str(), config.operator_listen), ("[::]:443", None));
    assert_eq!(config.data, Path::new("/var/lib/a.db"));
    assert_eq!(config.page_url().unwrap(), "https://captcha.example");
    assert_eq!(config.proxies.unwrap().trusted.len(), 2);
    assert_eq!(config.limits.challenges.get(), 9);
    assert_eq!(config.networks, [Path::new("etc/a.mmdb"), Path::new("/b.mmdb")]);
    assert_eq!(config.edge.verbosity, serving::Verbosity::Requests);
    assert_eq!(config.edge.environment, serving::Environment::Development);
}

#[test]
fn pictures_are_in_a_folder_or_in_a_bucket() {
    let shown = |text: &str, variables: &[(&str, &str)]| {
        read(&file(text), variables).map(|config| config.pictures.to_string())
    };
    assert_eq!(shown("", &[]).unwrap(), "etc/munjigi-pictures");
    let text = "pictures = \"s3://captcha/edge\"";
    assert_eq!(shown(text, &[]).unwrap(), "s3://captcha/edge");
    let wrong = shown(text, &[("AWS_ACCESS_KEY_ID", "gate"), ("AWS_REGION", "a/b")]).unwrap_err();
    for told in ["gate.toml:4: pictures", "AWS_SECRET_ACCESS_KEY: is missing", "AWS_REGION: is"] {
        assert!(wrong.contains(told), "{wrong}");
    }
    for wrong in ["pictures = \"s3://\"", "pictures = \"gs://captcha\""] {
        let told = shown(wrong, &[]).unwrap_err();
        assert!(told.contains("s3://BUCKET/PREFIX"), "{told}");
    }
}

#[test]
fn a_url_may_have_a_path_that_the_routes_know_too() {
    for (url, path) in [
        ("https://shop.example/captcha/", "/captcha"),
        ("http://127.0.0.1:8080/a/b", "/a/b"),
        ("https://captcha.example", ""),
    ] {
        let config = read(&file(&format!("url = \"{url}\"")), &[]).unwrap();
        assert_eq!(config.page_url().unwrap(), url.trim_end_matches('/'));
        assert_eq!(config.edge.base_path, path);
    }
    for url in ["shop.example", "https://shop.example/%2f", "https://a:b@c", "https://a/?b"] {
        let mistakes = read(&file(&format!("url = \"{url}\"")), &[]).err().unwrap();
        assert!(mistakes.contains(": url is invalid: "), "{mistakes}");
    }
}

#[test]
fn a_socket_and_the_proxy_protocol_are_reached_by_a_proxy_alone() {
    let config = read(&file("listen = \"unix:run/gate.sock\""), &[]).unwrap();
    assert_eq!(config.listen, Address::Unix("etc/run/gate.sock".into()));
    assert_eq!((config.local_url(), config.page_url()), (None, None));
    let text = "proxy_protocol = true\ntrusted_proxies = [\"10.0.0.1\"]";
    let config = read(&file(text), &[]).unwrap();
    assert!(config.proxy_protocol && config.proxies.unwrap().header.is_none());
    let with_header = format!("{text}\nclient_header = \"X-Forwarded-For\"");
    let proxies = read(&file(&with_header), &[]).unwrap().proxies.unwrap();
    assert_eq!(proxies.header.unwrap(), "x-forwarded-for");
    let mistake = read(&file("proxy_protocol = true"), &[]).err().unwrap();
    assert!(mistake.contains("MUNJIGI_TRUSTED_PROXIES"), "{mistake}");
    // Without it, neither of the two is enough.
    for half in ["trusted_proxies = [\"10.0.0.1\"]", "client_header = \"X-Forwarded-For\""] {
        assert!(read(&file(half), &[]).is_err(), "{half}");
    }
}

#[test]
fn the_environment_wins_and_a_secret_may_stand_in_a_file() {
    let variables = [("MUNJIGI_GATE_LISTEN", "127.0.0.1:1"), ("MUNJIGI_LISTEN", "127.0.0.1:2")];
    let config = read(&file("listen = \"127.0.0.1:3\""), &variables).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:1");
    let text = file("").replace(&format!("root_keys = \"{KEYS}\""), "root_keys_file = \"secret\"");
    assert!(read(&text, &[]).is_ok());
}

#[test]
fn each_mistake_has_its_line_and_its_remedy() {
    for (more, told) in [
        ("listn = \"127.0.0.1:1\"", "etc/gate.toml:4: listn is no setting; did you mean listen?"),
        ("\nhello_world = 1", "etc/gate.toml:5: hello_world is no setting"),
        (
            "MUNJIGI_ORIGIN_URL = \"\"",
            "etc/gate.toml:4: MUNJIGI_ORIGIN_URL is no setting; in the file it is origin_url",
        ),
        ("database_url = \"\"", "etc/gate.toml:4: database_url is no setting"),
        ("listen_file = \"a\"", "etc/gate.toml:4: listen_file is no setting"),
        ("listen = 1.5", "etc/gate.toml:4: listen is invalid: must be a text, a whole number"),
        ("listen = {a = 1}", "etc/gate.toml:4: listen is invalid: must be a text"),
        ("listen = [1]", "etc/gate.toml:4: listen is invalid: must be a text"),
        (
            "listen = 8786",
            "etc/gate.toml:4: listen is invalid: must be an address and port such as 127.0.0.1:8786",
        ),
        (
            "operator_listen = \"off\"",
            "etc/gate.toml:4: operator_listen is invalid: must be an address",
        ),
        ("listen = \"unix:\"", "etc/gate.toml:4: listen is invalid: must be an address and port"),
        ("proxy_protocol = 2", "etc/gate.toml:4: proxy_protocol is invalid: must be true or false"),
        (
            "client_header = \"X-Forwarded-For\"\ntrusted_proxies = [\"unix:\"]",
            "etc/gate.toml:5: trusted_proxies is invalid: a proxy on a socket of this machine is at",
        ),
        ("url = \"captcha.example\"", "etc/gate.toml:4: url is invalid: must be scheme, host"),
        ("url = \"https://captcha.example/%2f\"", "url is invalid: its path must be a path of"),
        (
            "origin_url = \"8080\"",
            "etc/gate.toml:4: origin_url is invalid: must be http:// or https://",
        ),
        (
            "challenge_limit = 0",
            "etc/gate.toml:4: challenge_limit is invalid: must be a whole number from 1",
        ),
        ("verify_limit = \"many\"", "verify_limit is invalid: must be a whole number"),
        (
            "counter_half_life_seconds = 0",
            "counter_half_life_seconds is invalid: must be a number of seconds from 1",
        ),
        ("local = \"yes\"", "etc/gate.toml:4: local is invalid: must be 0 or 1"),
        ("log_requests = 2", "etc/gate.toml:4: log_requests is invalid: must be 0 or 1"),
        ("log = \"info,,=\"", "etc/gate.toml:4: log is invalid"),
        ("log_format = \"xml\"", "log_format is invalid: must be auto, json or text"),
        (
            "client_header = \"X-Forwarded-For\"",
            "MUNJIGI_TRUSTED_PROXIES is not set: addresses of those proxies",
        ),
        ("trusted_proxies = [\"10.0.0.0/8\"]", "MUNJIGI_CLIENT_HEADER is invalid"),
        (
            "client_header = \"X-A\"\ntrusted_proxies = [\"0.0.0.0/0\"]",
            "etc/gate.toml:5: trusted_proxies is invalid: must be the addresses of your own proxies",
        ),
        (
            "client_header = \"Forwarded\"\ntrusted_proxies = \"::1\"",
            "etc/gate.toml:4: client_header is invalid",
        ),
        ("listen = \"127.0.0.1:1\"\nlisten = \"127.0.0.1:2\"", "etc/gate.toml:5: duplicate key"),
        ("listen = ", "etc/gate.toml:4: "),
        (
            "key_check_file = \"none\"",
            "MUNJIGI_KEY_CHECK_FILE: set either this or the variable itself",
        ),
    ] {
        let error = read(&file(more), &[]).err().unwrap_or_default();
        assert!(error.contains(told), "{more}\n{error}");
        assert!(!error.contains("AAAA"), "a secret is never shown: {error}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let error = read("listen = \"x\"\nlocal = 7\nlistn = 1", &[]).err().unwrap();
    for part in [
        "listen is invalid",
        "local is invalid",
        "listn",
        "MUNJIGI_ROOT_KEYS",
        "MUNJIGI_KEY_CHECK",
        "MUNJIGI_INTERNAL_KEYS",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

/// A default that drifts from the Worker's would treat the same visitor in two
/// ways.
#[test]
fn the_limits_are_those_of_the_worker() {
    let manifest: toml::Table = include_str!("../../../wrangler.toml").parse().unwrap();
    let limit = |name: &str| {
        let all = manifest["ratelimits"].as_array().unwrap();
        let limit = all.iter().find(|limit| limit["name"].as_str() == Some(name)).unwrap();
        assert_eq!(limit["simple"]["period"].as_integer(), Some(60), "{name}");
        u32::try_from(limit["simple"]["limit"].as_integer().unwrap()).unwrap()
    };
    let ours = read(&file(""), &[]).unwrap().limits;
    for (name, own) in [
        ("CLIENT_LIMIT", ours.clients),
        ("CHALLENGE_LIMIT", ours.challenges),
        ("SOLUTION_LIMIT", ours.solutions),
        ("VERIFY_LIMIT", ours.verify),
        ("INTERNAL_LIMIT", ours.internal),
    ] {
        assert_eq!(own.get(), limit(name), "{name}");
    }
}

/// Both serve the same paths from files: what the Worker asks Rust first is what
/// no file may answer here.
#[test]
fn no_file_of_the_widget_hides_a_route_of_the_worker() {
    let manifest: toml::Table = include_str!("../../../wrangler.toml").parse().unwrap();
    let first = manifest["assets"]["run_worker_first"].as_array().unwrap();
    let Some(assets) = crate::assets::Assets::embedded() else { return };
    for pattern in first.iter().filter_map(|pattern| pattern.as_str()) {
        let hidden = assets.paths().filter(|path| match pattern.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => *path == pattern,
        });
        let hidden: Vec<&str> = hidden.filter(|path| *path != "/_frame.html").collect();
        assert!(hidden.is_empty(), "{pattern}: {hidden:?}");
    }
}

/// Cloudflare looks for any other path among the files.
#[test]
fn the_worker_is_asked_first_for_every_route() {
    let manifest: toml::Table = include_str!("../../../wrangler.toml").parse().unwrap();
    let first = manifest["assets"]["run_worker_first"].as_array().unwrap();
    let covers = |path: &str, pattern: &str| match pattern.split_once('*') {
        Some((before, after)) => path.starts_with(before) && path.ends_with(after),
        None => path == pattern,
    };
    let asked = |path: &str| first.iter().any(|it| covers(path, it.as_str().unwrap()));
    for route in munjigi_protocol::routes::EDGE {
        let is_a_file = *route == munjigi_protocol::routes::API_JS;
        let path = route.path.replace("{sitekey}", "mj_a").replace(['{', '}'], "");
        assert_eq!(asked(&path), !is_a_file, "{path}");
    }
    assert!(!asked("/v1/made-up"));
}

#[test]
fn what_a_running_gate_cannot_change_is_named() {
    let [old, new] = ["", "listen = \"127.0.0.1:1\"\nproxy_protocol = true\ntrusted_proxies = [\"10.0.0.1\"]\nurl = \"https://a.example\"\nchallenge_limit = 9"]
        .map(|more| read(&file(more), &[]).unwrap().settled());
    assert_eq!(old.differs(&new), ["proxy_protocol", "listen"]);
    assert!(old.differs(&old).is_empty());
}

#[test]
fn lists_are_files_of_the_operators_and_an_origin_publishes_its_own() {
    let text = file("[lists]\ntor-exits = \"lists/exits.txt\"");
    let lists = read(&text, &[]).unwrap().lists;
    assert_eq!(lists[0].id.as_str(), "tor-exits");
    assert_eq!(lists[0].path, Path::new("etc/lists/exits.txt"));
    for (lines, mistake) in [
        ("lists = 7", "etc/gate.toml:4: lists is invalid: must be a table"),
        ("[lists]\nTor = \"a\"", "etc/gate.toml:5: the list Tor: a list is a name"),
        ("[lists]\ntor = 7", "etc/gate.toml:5: the list tor: must be the path of a file"),
        (
            "origin_url = \"http://127.0.0.1:8080\"\n[lists]",
            "etc/gate.toml:5: with origin_url, the origin publishes the lists",
        ),
    ] {
        let mistakes = read(&file(lines), &[]).err().unwrap();
        assert!(mistakes.contains(mistake), "{mistakes}");
    }
}

#[test]
fn each_door_reads_a_host_alike() {
    let rows = include_str!("../../../tests/contract/hosts.txt").lines();
    for (typed, read) in rows.filter_map(|line| line.split_once('\t')) {
        let sitekey = format!("mj_{}", "0".repeat(26));
        let line = format!(
            "[sites]\n{sitekey} = {{ secrets = [], hosts = ['before.example', '{typed}'] }}\n"
        );
        let file = File::parse("gate.toml", &line).unwrap();
        let kept = file.sites().next().map(|site| site.hosts[1..].join(" "));
        let kept = kept.filter(|_| file.mistakes.is_empty());
        assert_eq!(kept.as_deref().unwrap_or("-"), read, "gate.toml: {typed}");
    }
}

#[test]
fn what_the_edge_would_refuse_of_a_site_is_a_mistake_of_the_file() {
    let read = |line: &str| {
        let sitekey = format!("mj_{}", "0".repeat(26));
        File::parse("gate.toml", &format!("[sites]\n{sitekey} = {{ secrets = [], {line} }}\n"))
    };
    let file = read("hosts = [\"https://Shop.Example/\", \"*.한국.example:443\"]").unwrap();
    assert!(file.mistakes.is_empty(), "{:?}", file.mistakes);
    let site = file.sites().next().unwrap();
    assert_eq!(site.hosts, ["shop.example", "*.xn--3e0b707e.example"]);
    for (line, said) in [
        ("hosts = [\"*.com\"]", "gate.toml:2: the site mj_"),
        ("hosts = [\"a b\"]", "the host a b: "),
        ("hosts = [\"embedder:a.example\"]", NO_PAGES),
        ("hosts = [\"a.example\"], count = 65", "count must be 1 to 64"),
    ] {
        let mistakes = read(line).unwrap().mistakes.join("\n");
        assert!(mistakes.contains(said), "{line}: {mistakes}");
    }
}

#[test]
fn rules_about_paths_are_added_to_their_site_and_mistakes_named() {
    let mine = format!("mj_{}", "0".repeat(26));
    let local = format!("mj_{}4", "0".repeat(25));
    let sites = format!(
        "[sites]\n{mine} = {{ hosts = [\"a.example\"], secrets = [] }}\n\
         {local} = {{ hosts = [\"localhost\"], secrets = [], allow_loopback = true }}\n"
    );
    let read = |rules: &str| File::parse("gate.toml", &format!("{sites}{rules}")).unwrap();
    let file = read(&format!(
        "[[protect]]\npath = \"/a/*\"\nlevel = \"worked\"\n\
         [[protect]]\nsite = \"{local}\"\npath = \"/b\"\nmethods = [\"POST\"]\ndry_run = true\n"
    ));
    assert!(file.mistakes.is_empty(), "{:?}", file.mistakes);
    let of = |sitekey: &str| {
        let site = file.sites().find(|site| site.sitekey == sitekey).unwrap();
        site.protect.iter().map(|rule| rule.path.as_str()).collect::<Vec<_>>()
    };
    assert_eq!((of(&mine), of(&local)), (vec!["/a/*"], vec!["/b"]));
    let only = |file: &File| protect::only(file.sites()).map(|site| site.sitekey.clone());
    assert_eq!(only(&file), Some(mine.clone()));
    let both = File::parse("gate.toml", &sites.replace("[\"localhost\"]", "[\"b.example\"]"));
    assert_eq!(only(&both.unwrap()), None);
    for (rules, said) in [
        ("[[protect]]\npath = \"a\"", "gate.toml:4: a rule of protect: its path, host or a method"),
        ("[[protect]]\nlevel = \"worked\"", "missing field `path`"),
        ("[[protect]]\npath = \"/\"\nlevel = \"much\"", "gate.toml:6: a rule of protect: unknown"),
        ("[[protect]]\npath = \"/\"\npaht = 1", "unknown field `paht`"),
        ("[[protect]]\npath = \"/\"\nsite = \"mj_x\"", "no site of this file is mj_x"),
        ("[[protect]]\npath = \"/\"\nsite = 1", "site must be a sitekey"),
        ("[protect]\npath = \"/\"", "gate.toml:4: protect is invalid: must be tables"),
    ] {
        let mistakes = read(rules).mistakes.join("\n");
        assert!(mistakes.contains(said), "{rules}: {mistakes}");
    }
    let other = format!("mj_{}8", "0".repeat(25));
    let three = format!("{sites}{other} = {{ hosts = [\"b.example\"], secrets = [] }}\n");
    let file = File::parse("gate.toml", &format!("{three}[[protect]]\npath = \"/\"\n")).unwrap();
    assert!(file.mistakes.join("\n").contains("say which site it is about"), "{:?}", file.mistakes);
}
