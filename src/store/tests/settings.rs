use super::*;

#[tokio::test]
async fn a_choice_is_kept_per_target_and_name() {
    let place = Place::new();
    let store = place.open().await;
    let targets =
        [Target::Guild(GuildId::new(5)), Target::Channel(ChannelId::new(5)), Target::User(UserId::new(5))];
    for (target, value) in targets.into_iter().zip(["one", "two", "three"]) {
        store.set_setting(target, "persona", Some(value), KIM, 1).await.unwrap();
    }
    store.set_setting(targets[0], "persona", Some("four"), ROBIN, 2).await.unwrap();
    store.set_setting(targets[1], "persona", None, KIM, 3).await.unwrap();
    let store = place.crash_and_open(store).await;
    let mut found = Vec::new();
    for target in targets {
        found.push(store.setting(target, "persona").await.unwrap());
    }
    assert_eq!(found, [Some("four".to_owned()), None, Some("three".to_owned())]);
    assert_eq!(store.setting(targets[0], "other").await.unwrap(), None);
}
