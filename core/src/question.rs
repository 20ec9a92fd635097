//! Questions and their ids.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Category;

/// The id of a question, unique in its category. Data sets write it as a string or as an integer; both are kept as they
/// came, and two ids are equal when they read the same, so that `17` in a reward file is `"17"` in a data set.
#[derive(Clone, Debug)]
pub struct QuestionId {
    text: Arc<str>,
    integer: bool,
}

impl QuestionId {
    /// The id as text; this is also what seeds the draws of the evaluation protocol.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The id as a number, where the data set writes it as one.
    pub fn as_integer(&self) -> Option<i64> {
        self.text.parse().ok().filter(|_| self.integer)
    }
}

impl PartialEq for QuestionId {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl Eq for QuestionId {}
impl Hash for QuestionId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
impl PartialOrd for QuestionId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for QuestionId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}
impl fmt::Display for QuestionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
impl From<&str> for QuestionId {
    fn from(text: &str) -> Self {
        Self { text: text.into(), integer: false }
    }
}
impl From<String> for QuestionId {
    fn from(text: String) -> Self {
        Self { text: text.into(), integer: false }
    }
}
impl From<i64> for QuestionId {
    fn from(number: i64) -> Self {
        Self { text: number.to_string().into(), integer: true }
    }
}
impl Serialize for QuestionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_integer() {
            Some(number) => serializer.serialize_i64(number),
            None => serializer.serialize_str(&self.text),
        }
    }
}
impl<'de> Deserialize<'de> for QuestionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl serde::de::Visitor<'_> for IdVisitor {
            type Value = QuestionId;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a question id: a string or an integer")
            }
            fn visit_i64<E>(self, number: i64) -> Result<QuestionId, E> {
                Ok(number.into())
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<QuestionId, E> {
                i64::try_from(number)
                    .map(QuestionId::from)
                    .map_err(|_| E::custom("the question id is larger than 2^63-1"))
            }
            fn visit_str<E>(self, text: &str) -> Result<QuestionId, E> {
                Ok(text.into())
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// What a verifier or generator may know of a question: never its gold answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The question's id, unique in its category.
    pub id: QuestionId,
    /// The category that the question belongs to; prompts may name it.
    pub category: Category,
    /// The problem. The options of a multiple-choice question are listed in this text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_keeps_its_form_and_equals_its_text() {
        let ids: Vec<QuestionId> = serde_json::from_str(r#"[17, "17", "a"]"#).unwrap();
        assert_eq!(ids[0], ids[1]);
        assert_eq!(serde_json::to_string(&ids).unwrap(), r#"[17,"17","a"]"#);
    }

    #[test]
    fn an_id_of_another_type_is_refused_with_what_is_expected() {
        let message = serde_json::from_str::<QuestionId>("1.5").unwrap_err().to_string();
        assert!(message.contains("a question id: a string or an integer"), "{message}");
    }
}
