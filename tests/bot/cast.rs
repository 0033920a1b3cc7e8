//! Personas that only one test needs.

use prism::emulator::{Choice, Invocation};
use prism::ids::{ChannelId, UserId};

use crate::harness::Stage;

impl Stage {
    /// Puts these personas in the place of those in the binary: file names without ending, and what the files say
    /// beside a system text and, unless they name one, a name. Before the start.
    pub(crate) fn cast(&mut self, files: &[(&str, &str)]) {
        let folder = self.folder().join("personas");
        std::fs::create_dir_all(&folder).unwrap();
        for (id, text) in files {
            let name = if text.contains("name =") { String::new() } else { format!("name = 'The {id}'") };
            let text = format!("{name}\nsystem = 'You are like a {id}.'\n{text}\n");
            std::fs::write(folder.join(format!("{id}.toml")), text).unwrap();
        }
        self.config.personas = Some(folder);
    }

    /// The personas that are offered while somebody types.
    pub(crate) async fn offered(
        &self,
        person: UserId,
        channel: ChannelId,
        (command, typed): (&str, &str),
    ) -> Vec<Choice> {
        let invocation = Invocation::new(command).with("persona", typed);
        self.discord.autocomplete(person, channel, &invocation, "persona").await.unwrap()
    }
}
