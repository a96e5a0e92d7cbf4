//! The proxies in front of the console: their addresses, and the header in
//! which they pass the client's address. Both, or neither: without a list,
//! anybody who reaches the origin could send the header and choose an address.

use axum::http::HeaderName;
use axum::http::header::FORWARDED;
use ipnet::IpNet;
use munjigi_app::settings::Proxies;
use munjigi_process::config::Reader;

use super::variables;

/// The outer `None` means that the variables are wrong, the inner one that
/// there are no proxies.
#[expect(clippy::option_option, reason = "the outer one is the reader's: mistakes were told")]
pub(super) fn read_proxies(reader: &mut Reader) -> Option<Option<Proxies>> {
    let (header, trusted) = (&variables::CLIENT_HEADER, &variables::TRUSTED_PROXIES);
    if !reader.is_set(header) && !reader.is_set(trusted) {
        return Some(None);
    }
    let header = reader.required(header, parse_header);
    let trusted = reader.required(trusted, parse_trusted);
    Some(Some(Proxies { header: header?, trusted: trusted? }))
}

fn parse_header(text: &str) -> Result<HeaderName, String> {
    let name: HeaderName = text.parse().map_err(|_| "must be the name of a header".to_owned())?;
    if name == FORWARDED {
        return Err(
            "must be a header that contains only addresses, such as X-Forwarded-For".to_owned()
        );
    }
    Ok(name)
}

fn parse_trusted(text: &str) -> Result<Vec<IpNet>, String> {
    let networks: Result<Vec<IpNet>, String> = text.split(',').map(parse_network).collect();
    let networks = networks?;
    if networks.iter().any(|network| network.prefix_len() == 0) {
        return Err("must be the addresses of your own proxies, not of everybody".to_owned());
    }
    Ok(networks)
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let wrong =
        || format!("{text:?} is not an address such as 10.0.0.5 or a network such as 10.1.0.0/24");
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let network: IpNet = text.parse().map_err(|_| wrong())?;
    if network != network.trunc() {
        return Err(format!("{network} is not a network: {} is", network.trunc()));
    }
    // Callers' addresses are compared as IPv4 if they are IPv4.
    if let IpNet::V6(mapped) = network
        && mapped.addr().to_ipv4_mapped().is_some()
    {
        return Err(format!("{network} is IPv4 written as IPv6: write it as 10.1.0.0/24"));
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_addresses_and_networks() {
        let read = |text: &str| {
            parse_trusted(text).map(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(read("10.0.0.5"), Ok(vec!["10.0.0.5/32".to_owned()]));
        assert_eq!(
            read(" 10.1.0.0/24, ::1 ,2001:db8::/48,::ffff:10.0.0.9"),
            Ok(["10.1.0.0/24", "::1/128", "2001:db8::/48", "10.0.0.9/32"]
                .map(str::to_owned)
                .to_vec())
        );
        for (text, told) in [
            ("proxy.example", "\"proxy.example\" is not an address"),
            ("10.0.0.5,", "\"\" is not an address"),
            ("10.0.0.5:80", "is not an address"),
            ("10.0.0.0/33", "is not an address"),
            ("10.0.0.5/24", "10.0.0.5/24 is not a network: 10.0.0.0/24 is"),
            ("0.0.0.0/0", "not of everybody"),
            ("::/0", "not of everybody"),
            ("::ffff:10.0.0.0/104", "IPv4 written as IPv6"),
            ("::ffff:0:0/96", "IPv4 written as IPv6"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }

    #[test]
    fn a_header_has_addresses_alone() {
        assert_eq!(parse_header("X-Forwarded-For").unwrap().as_str(), "x-forwarded-for");
        assert!(parse_header("Forwarded").is_err());
        assert!(parse_header("x y").is_err());
    }
}
