//! Keyed hashes: providers get stable ids of people and conversations that mean nothing to anybody else.

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::ids::{ConversationId, UserId};

/// The id of a person for a provider: 32 hexadecimal digits.
pub(crate) fn of_user(secret: &[u8; 32], user: UserId) -> String {
    keyed_hash(secret, b"user", &user.get().to_be_bytes())
}

/// The id of a conversation for a provider: 32 hexadecimal digits.
pub(crate) fn of_conversation(secret: &[u8; 32], conversation: ConversationId) -> String {
    keyed_hash(secret, b"conversation", &conversation.get().to_be_bytes())
}

fn keyed_hash(secret: &[u8; 32], kind: &[u8], id: &[u8; 8]) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        // HMAC takes keys of every length.
        return String::new();
    };
    mac.update(kind);
    mac.update(id);
    let digest = mac.finalize().into_bytes();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_stable_for_one_key_and_differ_by_key_and_kind() {
        let id = of_user(&[1; 32], UserId::new(7));
        assert_eq!(id.len(), 32);
        assert_eq!(id, of_user(&[1; 32], UserId::new(7)));
        assert_ne!(id, of_user(&[2; 32], UserId::new(7)));
        assert_ne!(id, of_conversation(&[1; 32], ConversationId::new(7)));
    }
}
