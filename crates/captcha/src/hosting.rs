//! Autonomous systems from which machines are rented: few people browse from
//! them, so a crowd from there may cost more than one from an access network.

/// Numbers of the largest providers of servers, as registered with the regional
/// internet registries; checked on 2026-11-23. Networks that also carry people
/// are left out: 13335 (Cloudflare, with WARP), 15169 (Google, with its
/// proxies), 8075 (Microsoft, with its offices), 714 and 6185 (Apple, with
/// Private Relay), 54113 (Fastly, also with Private Relay).
///
/// Sorted. A provider that is missing is treated as an access network: its
/// crowd costs less than it might, never more.
const HOSTING: [u32; 40] = [
    7_203,   // Leaseweb USA
    8_100,   // QuadraNet
    8_560,   // IONOS
    9_009,   // M247
    12_876,  // Scaleway
    14_061,  // DigitalOcean
    14_618,  // Amazon Web Services
    16_125,  // Cherry Servers
    16_276,  // OVHcloud
    16_509,  // Amazon Web Services
    19_318,  // Interserver
    20_473,  // Vultr
    20_860,  // Iomart
    21_859,  // Zenlayer
    22_612,  // Namecheap
    23_470,  // ReliableSite
    24_940,  // Hetzner
    26_347,  // DreamHost
    29_802,  // HIVELOCITY
    30_633,  // Leaseweb USA
    31_898,  // Oracle Cloud
    35_916,  // Multacom
    36_351,  // IBM Cloud
    36_352,  // HostPapa, ColoCrossing
    37_963,  // Alibaba Cloud in China
    40_065,  // CNServers
    40_676,  // Psychz
    45_090,  // Tencent Cloud in China
    45_102,  // Alibaba Cloud
    46_606,  // Unified Layer
    47_583,  // Hostinger
    51_167,  // Contabo
    53_667,  // FranTech
    55_286,  // ServerMania
    60_068,  // Datacamp
    60_781,  // Leaseweb Netherlands
    62_567,  // DigitalOcean
    63_949,  // Akamai Connected Cloud, formerly Linode
    132_203, // Tencent Cloud
    396_982, // Google Cloud
];

/// Whether an autonomous system belongs to a provider of servers.
pub fn is_hosting(asn: u32) -> bool {
    HOSTING.binary_search(&asn).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_without_doubles() {
        assert!(HOSTING.is_sorted_by(|one, next| one < next));
    }

    #[test]
    fn servers_are_told_from_people() {
        assert!(is_hosting(16_509) && is_hosting(396_982) && is_hosting(7_203));
        assert!(!is_hosting(0) && !is_hosting(4_766) && !is_hosting(13_335));
    }
}
