//! The addresses that a webhook may not have: all that are not public (RFC 6890, and IANA's registries of
//! special-purpose addresses).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A kind of address with its article, for example `a loopback address`.
pub type Range = &'static str;

/// Lets every address pass.
///
/// # Errors
/// Never. It has the type of [`admit_public`].
pub const fn admit_all(_: IpAddr) -> Result<(), Range> {
    Ok(())
}

/// Lets public addresses pass.
///
/// # Errors
/// The range of a non-public address.
pub fn admit_public(address: IpAddr) -> Result<(), Range> {
    let range = match address {
        IpAddr::V4(address) => range_of_v4(address),
        IpAddr::V6(address) => range_of_v6(address),
    };
    range.map_or(Ok(()), Err)
}

const V4: [(Ipv4Addr, u32, Range); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "an unspecified address"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private address"),
    // Carrier-grade NAT.
    (Ipv4Addr::new(100, 64, 0, 0), 10, "an address shared within a network"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "a loopback address"),
    // Cloud providers serve credentials of the machine here.
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local address"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private address"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "an address reserved for protocols"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "a documentation address"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a 6to4 address"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private address"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "a benchmarking address"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "a documentation address"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "a documentation address"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "a multicast address"),
    (Ipv4Addr::new(255, 255, 255, 255), 32, "the broadcast address"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "a reserved address"),
];

/// The first match counts.
const V6: [(Ipv6Addr, u32, Range); 17] = [
    (Ipv6Addr::UNSPECIFIED, 128, "an unspecified address"),
    (Ipv6Addr::LOCALHOST, 128, "a loopback address"),
    // These contain an IPv4 address, to which a translator would forward.
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, "an IPv4 address in IPv6"),
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, "an IPv4 address in IPv6"),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0, 0, 0), 96, "an IPv4 address in IPv6"),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96, "a NAT64 address"),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "a NAT64 address"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "a 6to4 address"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, "a Teredo address"),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "an address reserved for protocols"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "a documentation address"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "a documentation address"),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "a private address"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "a link-local address"),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "a private address"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "a multicast address"),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "an address for what is discarded"),
];

fn range_of_v4(address: Ipv4Addr) -> Option<Range> {
    let is_of = |first: Ipv4Addr, length| {
        address.to_bits() & u32::MAX.unbounded_shl(32 - length) == first.to_bits()
    };
    V4.into_iter().find(|(first, length, _)| is_of(*first, *length)).map(|(.., range)| range)
}

fn range_of_v6(address: Ipv6Addr) -> Option<Range> {
    let is_of = |first: Ipv6Addr, length| {
        address.to_bits() & u128::MAX.unbounded_shl(128 - length) == first.to_bits()
    };
    let known = V6.into_iter().find(|(first, length, _)| is_of(*first, *length));
    // Only 2000::/3 is allocated for public use.
    let is_given = address.segments()[0] >> 13 == 1;
    known.map(|(.., range)| range).or((!is_given).then_some("a reserved address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(text: &str) -> Result<(), Range> {
        admit_public(text.parse().expect(text))
    }

    #[test]
    fn the_first_and_the_last_address_of_each_range_are_refused_and_their_neighbours_are_not() {
        for (first, last, before, after) in [
            ("0.0.0.0", "0.255.255.255", None, Some("1.0.0.0")),
            ("10.0.0.0", "10.255.255.255", Some("9.255.255.255"), Some("11.0.0.0")),
            ("100.64.0.0", "100.127.255.255", Some("100.63.255.255"), Some("100.128.0.0")),
            ("127.0.0.0", "127.255.255.255", Some("126.255.255.255"), Some("128.0.0.0")),
            ("169.254.0.0", "169.254.255.255", Some("169.253.255.255"), Some("169.255.0.0")),
            ("172.16.0.0", "172.31.255.255", Some("172.15.255.255"), Some("172.32.0.0")),
            ("192.0.0.0", "192.0.0.255", Some("191.255.255.255"), Some("192.0.1.0")),
            ("192.0.2.0", "192.0.2.255", Some("192.0.1.255"), Some("192.0.3.0")),
            ("192.88.99.0", "192.88.99.255", Some("192.88.98.255"), Some("192.88.100.0")),
            ("192.168.0.0", "192.168.255.255", Some("192.167.255.255"), Some("192.169.0.0")),
            ("198.18.0.0", "198.19.255.255", Some("198.17.255.255"), Some("198.20.0.0")),
            ("198.51.100.0", "198.51.100.255", Some("198.51.99.255"), Some("198.51.101.0")),
            ("203.0.113.0", "203.0.113.255", Some("203.0.112.255"), Some("203.0.114.0")),
            ("224.0.0.0", "255.255.255.255", Some("223.255.255.255"), None),
            ("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None, Some("2000::")),
            (
                "2001::",
                "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some("2000:ffff::"),
                Some("2001:200::"),
            ),
            (
                "2001:db8::",
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
                Some("2001:db7::"),
                Some("2001:db9::"),
            ),
            (
                "2002::",
                "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some("2001:ffff::"),
                Some("2003::"),
            ),
            (
                "3fff::",
                "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
                Some("3ffe:ffff::"),
                Some("3fff:1000::"),
            ),
            ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("3fff:ffff::"), None),
        ] {
            assert!(admit(first).is_err() && admit(last).is_err(), "{first} to {last}");
            for neighbour in before.into_iter().chain(after) {
                assert_eq!(admit(neighbour), Ok(()), "{neighbour}");
            }
        }
    }

    #[test]
    fn each_says_what_it_is() {
        for (address, range) in [
            ("0.0.0.0", "an unspecified address"),
            ("255.255.255.255", "the broadcast address"),
            ("::", "an unspecified address"),
            ("::1", "a loopback address"),
            ("::ffff:127.0.0.1", "an IPv4 address in IPv6"),
            ("::ffff:93.184.216.34", "an IPv4 address in IPv6"),
            ("::ffff:0:127.0.0.1", "an IPv4 address in IPv6"),
            ("::127.0.0.1", "an IPv4 address in IPv6"),
            ("64:ff9b::7f00:1", "a NAT64 address"),
            ("64:ff9b:1::1", "a NAT64 address"),
            ("2002:7f00:1::", "a 6to4 address"),
            ("2001::1", "a Teredo address"),
            ("2001:20::1", "an address reserved for protocols"),
            ("fd00:ec2::254", "a private address"),
            ("fe80::1", "a link-local address"),
            ("fec0::1", "a private address"),
            ("ff02::1", "a multicast address"),
            ("100::1", "an address for what is discarded"),
            ("5f00::1", "a reserved address"),
        ] {
            assert_eq!(admit(address), Err(range), "{address}");
        }
        for address in ["93.184.216.34", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::1"] {
            assert_eq!(admit(address), Ok(()), "{address}");
        }
    }
}
