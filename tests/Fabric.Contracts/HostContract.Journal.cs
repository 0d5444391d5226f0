using System.Text.Json;
using Fabric.Actors;
using static Fabric.Contracts.ScriptedJournal;

namespace Fabric.Contracts;

// Other writers, unknown outcomes, gaps, recovery, snapshots.
public abstract partial class HostContract
{
    [Fact]
    public Task After_a_conflict_the_state_is_refreshed_and_the_command_decided_again() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("mine"));
        await bench.AddAsOtherAsync(s_a, "theirs", 10);
        Assert.Equal(12, (await bench.TellStateAsync(s_a, new TallyCommand.Add("next"))).Total);
        Assert.Equal(["mine", "theirs", "next"], await bench.KeysAsync(s_a));
    });

    [Fact]
    public Task After_a_conflict_a_command_that_another_writer_has_carried_out_changes_nothing() => RunAsync(async bench =>
    {
        await bench.StateOfAsync(s_a);
        await bench.AddAsOtherAsync(s_a, "same", 10);
        Assert.Equal(10, (await bench.TellStateAsync(s_a, new TallyCommand.Add("same"))).Total);
        Assert.Equal(["same"], await bench.KeysAsync(s_a));
    });

    [Fact]
    public Task An_unknown_outcome_that_was_written_is_found_and_concluded() => RunAsync(async bench =>
    {
        bench.Journal.Next(Fate.AnswerLost);
        Assert.Equal(1, (await bench.TellStateAsync(s_a, new TallyCommand.Add("x"))).Total);
        Assert.Equal(2, (await bench.TellStateAsync(s_a, new TallyCommand.Add("y"))).Total);
        Assert.Equal(["x", "y"], await bench.KeysAsync(s_a));
        Assert.Single(bench.Observer.Unknowns);
        Assert.Equal(2, bench.Journal.Appends.Count);
    });

    [Fact]
    public Task An_unknown_outcome_that_was_not_written_is_decided_again() => RunAsync(async bench =>
    {
        bench.Journal.Next(Fate.Lost, Fate.Lost);
        Assert.Equal(1, (await bench.TellStateAsync(s_a, new TallyCommand.Add("x"))).Total);
        Assert.Equal(["x"], await bench.KeysAsync(s_a));
        Assert.Equal(3, bench.Journal.Appends.Select(a => a.CommitId).Distinct().Count());
    });

    [Fact]
    public Task An_unknown_outcome_that_arrives_later_is_not_carried_out_twice() => RunAsync(async bench =>
    {
        bench.Journal.Next(Fate.Late);
        Assert.Equal(1, (await bench.TellStateAsync(s_a, new TallyCommand.Add("x"))).Total);
        Assert.Equal(2, (await bench.TellStateAsync(s_a, new TallyCommand.Add("y"))).Total);
        Assert.Equal(["x", "y"], await bench.KeysAsync(s_a));
    });

    [Fact]
    public Task A_decision_that_can_not_be_written_is_unavailable_and_has_no_effect() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x"));
        bench.Journal.AppendsFail = true;
        Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.Drive("go")));
        Assert.DoesNotContain("go", bench.Observer.Calls);
        bench.Journal.AppendsFail = false;
        Assert.Equal(2, (await bench.TellStateAsync(s_a, new TallyCommand.Add("y"))).Total);
        Assert.DoesNotContain("go", bench.Observer.Calls);
        Assert.Equal(["added/1", "added/1"], await bench.ManifestsAsync(s_a));
    });

    [Fact]
    public Task A_record_goes_on_without_a_journal_and_closes_its_gap() => RunAsync(async bench =>
    {
        Assert.IsType<AskResult.Replied>(await bench.AskAsync(s_notes, new TallyCommand.Note("one")));
        bench.Journal.AppendsFail = true;
        bench.Journal.ReadsFail = true;
        Assert.IsType<AskResult.Replied>(await bench.AskAsync(s_notes, new TallyCommand.Note("two")));
        Assert.IsType<AskResult.Replied>(await bench.AskAsync(s_notes, new TallyCommand.Note("three")));
        Assert.Equal(["one", "two", "three"], bench.Observer.Calls);
        Assert.Equal((1, 0), (bench.Observer.GapsOpened, bench.Observer.GapsClosed));
        bench.Journal.AppendsFail = false;
        bench.Journal.ReadsFail = false;
        await bench.EventuallyAsync(() => bench.Observer.GapsClosed == 1, "the gap is closed without any further command");
        await bench.AskAsync(s_notes, new TallyCommand.Note("four"));
        Assert.Equal(["noted/1", "nothing-known/1", "noted/1"], await bench.ManifestsAsync(s_notes));
        var closing = (await bench.EventsAsync(s_notes))[1];
        Assert.True(TallyEvents.Catalog.TryDecode(closing.Manifest, closing.Payload.Span, out var gap));
        Assert.Equal(["one", "two", "three"], ((TallyEvent.NothingKnown)gap).Notes.AsEnumerable());
    });

    [Fact]
    public Task A_record_that_arrives_late_within_a_gap_does_not_undo_what_came_after_it() => RunAsync(async bench =>
    {
        await bench.AskAsync(s_notes, new TallyCommand.Note("one"));
        bench.Journal.Next(Fate.Lost, Fate.Lost, Fate.Late);
        await bench.AskAsync(s_notes, new TallyCommand.Note("two"));
        await bench.EventuallyAsync(() => bench.Observer.GapsClosed == 1, "the gap is closed");
        var closing = (await bench.EventsAsync(s_notes))[^1];
        Assert.True(TallyEvents.Catalog.TryDecode(closing.Manifest, closing.Payload.Span, out var gap));
        Assert.Equal(["one", "two"], ((TallyEvent.NothingKnown)gap).Notes.AsEnumerable());
    });

    [Fact]
    public Task What_a_record_is_told_while_it_can_not_be_recovered_is_in_its_closing_snapshot() => RunAsync(async bench =>
    {
        await bench.AskAsync(s_notes, new TallyCommand.Note("one"));
        bench.Start();
        bench.Journal.ReadsFail = true;
        bench.Journal.AppendsFail = true;
        bench.Tell(s_notes, new TallyCommand.Note("two"));
        bench.Tell(s_notes, new TallyCommand.Note("three"));
        await bench.EventuallyAsync(() => bench.Observer.GapsOpened == 1, "the gap is opened");
        await bench.PassTurnsAsync();
        bench.Journal.ReadsFail = false;
        bench.Journal.AppendsFail = false;
        await bench.EventuallyAsync(() => bench.Observer.GapsClosed == 1, "the gap is closed");
        var closing = (await bench.EventsAsync(s_notes))[^1];
        Assert.True(TallyEvents.Catalog.TryDecode(closing.Manifest, closing.Payload.Span, out var gap));
        Assert.Equal(["one", "two", "three"], ((TallyEvent.NothingKnown)gap).Notes.AsEnumerable());
    });

    [Fact]
    public Task A_restarted_host_recovers_the_state_and_resumes_once_without_repeating_effects() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Drive("once"));
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x", 5));
        bench.Observer.Driven.Clear();
        bench.Start();
        Assert.Equal(5, (await bench.StateOfAsync(s_a)).Total);
        Assert.Equal(6, (await bench.TellStateAsync(s_a, new TallyCommand.Add("y"))).Total);
        Assert.Equal(["resumed at 5"], bench.Observer.Calls);
    });

    [Fact]
    public Task An_entity_is_resumed_without_a_command() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x", 5));
        bench.Observer.Driven.Clear();
        bench.Start().Activate(s_a);
        await bench.EventuallyAsync(() => bench.Observer.Calls.SequenceEqual(["resumed at 5"]), "it is resumed");
    });

    [Fact]
    public Task An_entity_whose_journal_could_not_be_read_is_resumed_once_it_can() => RunAsync(async bench =>
    {
        bench.Start();
        bench.Journal.ReadsFail = true;
        bench.Host.Activate(s_a);
        Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.Read()));
        bench.Journal.ReadsFail = false;
        await bench.EventuallyAsync(() => bench.Observer.Calls.SequenceEqual(["resumed at 0"]), "it is resumed without a command");
    });

    [Fact]
    public Task A_write_that_comes_while_an_entity_recovers_is_not_passed_over() => RunAsync(async bench =>
    {
        bench.Journal.BeforeNextHead = () => bench.AddAsOtherAsync(s_a, "theirs", 10);
        Assert.Equal(10, (await bench.StateOfAsync(s_a)).Total);
        Assert.Equal(11, (await bench.TellStateAsync(s_a, new TallyCommand.Add("mine"))).Total);
    });

    [Fact]
    public Task Snapshots_are_taken_every_so_many_events_and_recovery_begins_there() => RunAsync(async bench =>
    {
        bench.Start(o => o with { SnapshotEvery = 4 });
        for (var i = 0; i < 10; i++)
            await bench.TellStateAsync(s_a, new TallyCommand.Add($"k{i}"));
        await bench.StateOfAsync(s_a);
        await bench.PruneAsync(s_a, 8);
        bench.Journal.ReadsFrom.Clear();
        bench.Start();
        Assert.Equal(10, (await bench.StateOfAsync(s_a)).Total);
        Assert.Equal(9, bench.Journal.ReadsFrom[0]);
        await bench.TellStateAsync(s_a, new TallyCommand.Add("after"));
        Assert.Equal(11, bench.Journal.Appends[^1].LastSequenceNr);
    });

    [Fact]
    public Task A_snapshot_that_can_not_be_saved_stops_nothing() => RunAsync(async bench =>
    {
        bench.Start(o => o with { SnapshotEvery = 2 });
        bench.Journal.SnapshotsFail = true;
        for (var i = 0; i < 4; i++)
            await bench.TellStateAsync(s_a, new TallyCommand.Add($"k{i}"));
        Assert.Equal(4, (await bench.StateOfAsync(s_a)).Total);
        Assert.Equal(2, bench.Observer.SnapshotFailures.Count);
    });

    [Fact]
    public Task An_unknown_manifest_stops_the_entity_which_then_neither_appends_nor_prunes() => RunAsync(async bench =>
    {
        bench.Start(o => o with { SnapshotEvery = 1 });
        await bench.AppendAsOtherAsync(s_a, "from-the-future/9", "{}"u8.ToArray());
        var result = await bench.AskAsync(s_a, new TallyCommand.Add("x"));
        Assert.Contains("from-the-future/9", Assert.IsType<AskResult.Unavailable>(result).Reason, StringComparison.Ordinal);
        Assert.Equal(["tally/a#1 from-the-future/9"], bench.Observer.UnknownManifests.Distinct());
        Assert.Equal((0, 0), (bench.Journal.Appends.Count, bench.Journal.Prunes));
        Assert.Empty(bench.Observer.Calls);
    });

    [Fact]
    public Task An_unknown_manifest_from_another_writer_stops_a_live_entity() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x"));
        await bench.AppendAsOtherAsync(s_a, "from-the-future/9", "{}"u8.ToArray());
        Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.Add("y")));
        Assert.IsType<AskResult.Unavailable>(await bench.AskAsync(s_a, new TallyCommand.Add("z")));
        Assert.Equal(["added/1", "from-the-future/9"], await bench.ManifestsAsync(s_a));
    });

    [Fact]
    public Task A_state_of_another_version_stops_the_entity() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x"));
        await bench.SaveSnapshotAsync(new Snapshot(s_a, 1, "tally-state/9", default, "{}"u8.ToArray()));
        bench.Start();
        var result = await bench.AskAsync(s_a, new TallyCommand.Add("y"));
        Assert.Contains("tally-state/9", Assert.IsType<AskResult.Unavailable>(result).Reason, StringComparison.Ordinal);
        Assert.Equal(["added/1"], await bench.ManifestsAsync(s_a));
    });

    [Fact]
    public Task An_event_from_a_clock_far_ahead_is_folded_and_reported() => RunAsync(async bench =>
    {
        await bench.AddAsOtherAsync(s_a, "theirs", ahead: TimeSpan.FromMinutes(1));
        Assert.Equal(2, (await bench.TellStateAsync(s_a, new TallyCommand.Add("mine"))).Total);
        Assert.InRange(Assert.Single(bench.Observer.ClocksAhead), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(1));
        var events = await bench.EventsAsync(s_a);
        Assert.True(events[1].Hlc < events[0].Hlc);
    });

    [Fact]
    public Task A_hole_in_the_stream_stops_the_entity() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.AddSeveral("x", "y", "z"));
        bench.Start();
        bench.Journal.MissingThrough = 2;
        var result = await bench.AskAsync(s_a, new TallyCommand.Add("next"));
        Assert.Contains("1 to 2 are missing", Assert.IsType<AskResult.Unavailable>(result).Reason, StringComparison.Ordinal);
        bench.Journal.MissingThrough = 3;
        result = await bench.AskAsync(s_a, new TallyCommand.Add("next"));
        Assert.Contains("1 to 3 are missing", Assert.IsType<AskResult.Unavailable>(result).Reason, StringComparison.Ordinal);
        Assert.Equal(["x", "y", "z"], await bench.KeysAsync(s_a));
    });

    [Fact]
    public Task What_another_writer_pruned_is_taken_from_its_snapshot() => RunAsync(async bench =>
    {
        await bench.TellStateAsync(s_a, new TallyCommand.Add("x"));
        await bench.AddAsOtherAsync(s_a, "y");
        await bench.AddAsOtherAsync(s_a, "z");
        var state = TallyState.Empty with { Total = 3, Keys = TallyState.Empty.Keys.Union(["x", "y", "z"]) };
        var payload = JsonSerializer.SerializeToUtf8Bytes(state, new Tally(_ => { }).StateJson);
        await bench.SaveSnapshotAsync(new Snapshot(s_a, 3, "tally-state/1", default, payload));
        await bench.PruneAsync(s_a, 3);
        await bench.AddAsOtherAsync(s_a, "after");
        await bench.EventuallyAsync(
            async () => await bench.AskAsync(s_a, new TallyCommand.Add("mine")) is AskResult.Replied, "it recovers");
        Assert.Equal(5, (await bench.StateOfAsync(s_a)).Total);
    });
}
