//! An image for containers, as the Open Container Initiative lays it out, in one
//! file. It also has the list by which `docker load` finds its way.

use anyhow::Result;
use serde_json::{Value, json};

use super::pack::{self, Entry};
use super::{Machine, NAME, digest};

/// The user and group of the program, who own nothing but `/data`.
pub const USER: u32 = 65_532;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What is said about an image.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a> {
    pub machine: Machine,
    /// The program's version, and the image's tag.
    pub version: &'a str,
    /// Seconds since 1970 that its files bear.
    pub moment: u64,
}

impl Image<'_> {
    /// The image with these files, as one file.
    pub fn packed(&self, files: Vec<Entry>) -> Result<Vec<u8>> {
        let mut blobs = Blobs::default();
        let plain = pack::tar(files, self.moment)?;
        let layer = blobs.add(LAYER, pack::gzip(&plain)?);
        let config = blobs.add(CONFIG, self.config(&digest(&plain)).to_string().into_bytes());
        let [config_path, layer_path] = [&config, &layer].map(path_of);
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": config,
            "layers": [layer],
        });
        let mut manifest = blobs.add(MANIFEST, manifest.to_string().into_bytes());
        let tag = format!("localhost/{NAME}:{}", self.version);
        manifest["platform"] = self.platform();
        manifest["annotations"] = json!({
            "io.containerd.image.name": tag,
            "org.opencontainers.image.ref.name": self.version,
        });
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest] });
        let list = json!([{ "Config": config_path, "RepoTags": [tag], "Layers": [layer_path] }]);
        let mut entries = blobs.entries;
        for (name, value) in [
            ("oci-layout", json!({ "imageLayoutVersion": "1.0.0" })),
            ("index.json", index),
            ("manifest.json", list),
        ] {
            entries.push(Entry::file(name, 0o644, value.to_string().into_bytes()));
        }
        pack::tar(entries, self.moment)
    }

    fn platform(&self) -> Value {
        json!({ "architecture": self.machine.container(), "os": "linux" })
    }

    fn config(&self, layer: &str) -> Value {
        let mut config = self.platform();
        config["config"] = json!({
            "User": format!("{USER}:{USER}"),
            "ExposedPorts": { "8786/tcp": {} },
            "Env": ["MUNJIGI_GATE_LISTEN=0.0.0.0:8786"],
            "Entrypoint": [format!("/{NAME}")],
            "Volumes": { "/data": {} },
            "WorkingDir": "/data",
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.licenses": "Apache-2.0",
                "org.opencontainers.image.title": NAME,
                "org.opencontainers.image.version": self.version,
            },
        });
        config["rootfs"] = json!({ "type": "layers", "diff_ids": [format!("sha256:{layer}")] });
        config["history"] = json!([{ "created_by": "scripts/images" }]);
        config
    }
}

/// The parts of an image by their sums, with the folders that hold them.
struct Blobs {
    entries: Vec<Entry>,
}

impl Default for Blobs {
    fn default() -> Self {
        let folder = |path| Entry::folder(path, 0o755);
        Self { entries: ["blobs", "blobs/sha256"].map(folder).to_vec() }
    }
}

impl Blobs {
    /// Adds one and describes it.
    fn add(&mut self, kind: &str, bytes: Vec<u8>) -> Value {
        let sum = digest(&bytes);
        let description =
            json!({ "mediaType": kind, "digest": format!("sha256:{sum}"), "size": bytes.len() });
        self.entries.push(Entry::file(&format!("blobs/sha256/{sum}"), 0o644, bytes));
        description
    }
}

/// Where the part with this description is.
fn path_of(description: &Value) -> String {
    let sum = description["digest"].as_str().unwrap_or_default();
    format!("blobs/{}", sum.replace(':', "/"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_same_program_gives_the_same_image_and_every_part_has_its_sum() {
        let image = Image { machine: Machine::Arm, version: "1.2.3", moment: 0 };
        let files = || vec![Entry::file(NAME, 0o755, b"program".to_vec())];
        let packed = image.packed(files()).unwrap();
        assert_eq!(packed, image.packed(files()).unwrap());
        let mut parts = BTreeMap::new();
        for entry in tar::Archive::new(&packed[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            if let Some(sum) = path.strip_prefix("blobs/sha256/").filter(|sum| !sum.is_empty()) {
                assert_eq!(sum, digest(&bytes));
            }
            parts.insert(path, bytes);
        }
        let read = |path: &str| serde_json::from_slice::<Value>(&parts[path]).unwrap();
        let index = read("index.json");
        assert_eq!(index["manifests"][0]["platform"]["architecture"], "arm64");
        let manifest = read(&path_of(&index["manifests"][0]));
        let config = read(&path_of(&manifest["config"]));
        assert_eq!(config["config"]["User"], "65532:65532");
        let list = read("manifest.json");
        assert_eq!(list[0]["Config"], path_of(&manifest["config"]));
        assert_eq!(list[0]["Layers"][0], path_of(&manifest["layers"][0]));
        let mut layer = Vec::new();
        let compressed = &parts[&path_of(&manifest["layers"][0])];
        flate2::read::GzDecoder::new(&compressed[..]).read_to_end(&mut layer).unwrap();
        assert_eq!(config["rootfs"]["diff_ids"][0], format!("sha256:{}", digest(&layer)));
    }
}
