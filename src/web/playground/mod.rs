//! The playground: a page on which a stranger types as a person of the embedded Discord and watches personas answer.

mod markup;
