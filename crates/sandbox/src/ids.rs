//! Ids in the providers' formats, from a seed: the same seed and the same calls give the same ids.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A splitmix64 generator: good enough for ids and probabilities, and needs no lock.
#[derive(Debug)]
pub(crate) struct Ids(AtomicU64);

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// From which the next ids follow.
    pub(crate) fn state(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn restore(&self, state: u64) {
        self.0.store(state, Ordering::Relaxed);
    }

    pub(crate) fn next(&self) -> u64 {
        const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut z = self.0.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn uuid(&self) -> String {
        let random = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid().to_string()
    }

    pub(crate) fn base62(&self, length: usize) -> String {
        (0..length).map(|_| digit(u128::from(self.next()))).collect()
    }
}

/// A random secret. It does not depend on the seed.
pub(crate) fn secret() -> String {
    Uuid::new_v4().simple().to_string()
}

/// Gr4vy's reconciliation id: the UUID as a base-62 number of 22 digits.
pub(crate) fn reconciliation_id(uuid: &str) -> String {
    let mut rest = Uuid::parse_str(uuid).unwrap_or_default().as_u128();
    let mut digits = [b'0'; 22].map(char::from);
    for place in digits.iter_mut().rev() {
        *place = digit(rest);
        rest /= 62;
    }
    digits.iter().collect()
}

fn digit(number: u128) -> char {
    usize::try_from(number % 62).ok().and_then(|at| BASE62.get(at)).map_or('0', |byte| char::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reconciliation_id_decodes_to_its_uuid() {
        let uuid = "8724fd24-5489-4a5d-90fd-0604df7d3b83";
        let number = reconciliation_id(uuid).bytes().fold(0_u128, |sum, byte| {
            let place = BASE62.iter().position(|digit| *digit == byte).unwrap();
            sum * 62 + place as u128
        });
        assert_eq!(Uuid::from_u128(number).to_string(), uuid);
        assert_eq!(reconciliation_id(&Uuid::nil().to_string()), "0".repeat(22));
    }

    #[test]
    fn the_same_seed_gives_the_same_ids() {
        let (one, two) = (Ids::new(7), Ids::new(7));
        assert_eq!(one.uuid(), two.uuid());
        assert_eq!(one.base62(6), two.base62(6));
        assert_ne!(one.uuid(), two.base62(36));
    }
}
