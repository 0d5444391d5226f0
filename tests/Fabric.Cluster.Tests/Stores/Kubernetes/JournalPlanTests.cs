using System.Collections.Immutable;
using System.Text;
using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>Which commits stay in a journal and how they come into segments, without any API.</summary>
public sealed class JournalPlanTests
{
    private static readonly PersistenceId A = new("membership", "fabric");
    private static readonly JournalSizes Sizes = JournalSizes.Default;
    private readonly SampleAppends _appends = new();

    [Fact]
    public void A_commit_that_fits_stays_in_the_journal()
    {
        var head = JournalRecords.Empty("default", A);
        var commit = Commit(0, 200);
        var plan = JournalPlan.For(head, commit, Sizes);
        Assert.Empty(plan.Spilled);
        Assert.Same(commit, Assert.Single(plan.Tail));
        Assert.Equal(JournalRecords.StoredBytes(commit), plan.TailSize);
    }

    [Fact]
    public void A_full_tail_gives_its_oldest_commits_away_and_keeps_half()
    {
        var model = new Model();
        while (model.Segments.Count == 0)
            model.Append(Commit(model.Head.Last, 300));
        Assert.InRange(model.Head.TailBytes, Sizes.KeptBytes / 2, Sizes.KeptBytes);
        Assert.Equal(model.Head.Segments[^1].Last + 1, model.Head.TailFirst);
        Assert.Equal(1, model.Head.Segments[0].First);
    }

    [Fact]
    public void A_segment_is_filled_before_the_next_one_is_begun()
    {
        var model = new Model();
        for (var i = 0; i < 3_000; i++)
            model.Append(Commit(model.Head.Last, 300));
        Assert.True(model.Head.Segments.Length > 10);
        Assert.All(model.Head.Segments[..^1], s => Assert.InRange(s.Bytes, Sizes.SegmentBytes, Sizes.SegmentBytes + Sizes.TailBytes));
        AssertWhole(model);
    }

    [Fact]
    public void A_commit_larger_than_a_segment_is_divided_between_its_events()
    {
        var model = new Model();
        model.Append(Commit(0, 100));
        model.Append(Commit(1, 100_000, events: 10));
        model.Append(Commit(11, 100));
        Assert.True(model.Head.Segments.Length >= 2);
        Assert.All(model.Head.Segments, s => Assert.InRange(s.Bytes, 1, Sizes.MaxSegmentBytes));
        AssertWhole(model);
    }

    [Fact]
    public void Pruning_drops_whole_segments_and_whole_commits()
    {
        var model = new Model();
        for (var i = 0; i < 1_000; i++)
            model.Append(Commit(model.Head.Last, 300));
        var second = model.Head.Segments[1];
        model.Prune(second.First + 1);
        Assert.Equal(second, model.Head.Segments[0]);
        Assert.Equal(second.First + 1, model.Head.Pruned);
        model.Prune(model.Head.Last);
        Assert.Empty(model.Head.Segments);
        Assert.Empty(model.Head.Tail);
        Assert.Equal((1_000, 0), (model.Head.Last, model.Head.TailBytes));
    }

    [Theory]
    [InlineData(40, 3)]
    [InlineData(2_000, 1)]
    public void Years_of_joins_and_leaves_stay_below_a_hundred_objects_of_bounded_size(int commitsADay, int years)
    {
        var (model, most, largest) = (new Model(), 0, 0);
        for (var i = 0; i < commitsADay * 365 * years && i < 60_000; i++)
        {
            model.Append(Commit(model.Head.Last, 250 + i % 7 * 40));
            if (model.Head.Last % StreamRules.Default.SnapshotEvery == 0 && model.Head.Last > StreamRules.Default.KeepEvents)
                model.Prune(model.Head.Last - StreamRules.Default.KeepEvents);
            most = Math.Max(most, model.Segments.Count);
            largest = Math.Max(largest, model.Head.Segments.Select(s => s.Bytes).DefaultIfEmpty().Max());
            Assert.InRange(model.Head.TailBytes, 0, Sizes.TailBytes);
        }
        Assert.InRange(most, 10, 100);
        Assert.InRange(largest, Sizes.SegmentBytes, Sizes.SegmentBytes + Sizes.TailBytes);
        AssertWhole(model);
    }

    [Theory]
    [InlineData("{\"a\":\"b\"}", 1, true)]
    [InlineData("{\"text\":\"Grüße \\u0000 <&>\"}", 1, true)]
    [InlineData("\"reason\":\"lease expired\",", 10_000, true)]
    [InlineData("\"\",", 50_000, false)]
    [InlineData("<&>", 50_000, false)]
    public void A_payload_is_text_unless_it_is_large_and_larger_as_text_than_in_base64(string payload, int times, bool isText)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(payload, times)));
        var (text, base64) = JournalRecords.Text(bytes);
        Assert.Equal(isText, text is not null);
        Assert.Equal(bytes, JournalRecords.Bytes(text, base64));
    }

    [Fact]
    public void Bytes_that_are_no_text_come_back_as_they_were()
    {
        byte[] bytes = [0xff, 0x00, 0xc3];
        var (text, base64) = JournalRecords.Text(bytes);
        Assert.Null(text);
        Assert.Equal(bytes, JournalRecords.Bytes(text, base64));
    }

    [Fact]
    public void Names_are_those_of_objects_and_no_two_streams_share_one()
    {
        var names = new JournalNames("ns", "Prod.1");
        PersistenceId[] streams =
            [new("mesh", "a"), new("mesh", "A"), new("mesh", "a.b"), new("mesh", "a-b"), new("mesh", "a/b"), new("mesh", new string('x', 500))];
        var all = streams.Select(names.Journal).Append(new JournalNames("ns", "prod-1").Journal(streams[0])).ToArray();
        Assert.Equal(all.Length, all.Distinct().Count());
        Assert.All(all, n => Assert.Matches("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", n));
        Assert.All(all, n => Assert.InRange(n.Length, 1, 63));
    }

    private StoredCommit Commit(long after, int payload, int events = 1)
    {
        var append = _appends.Next(A, after, events);
        return JournalRecords.Stored(append with
        {
            Events = [.. append.Events.Select(e => (e with { Payload = Encoding.UTF8.GetBytes($"\"{new string('x', payload)}\"") }).Sealed())],
        });
    }

    private static void AssertWhole(Model model)
    {
        var commits = model.Head.Segments.SelectMany(s => model.Segments[s]).Concat(model.Head.Tail).ToImmutableArray();
        var from = model.Head.Pruned + 1;
        Assert.Equal(Enumerable.Range(0, (int)(model.Head.Last - from + 1)).Select(i => from + i),
            JournalRecords.Events(A, commits, from).Select(e => e.SequenceNr));
    }

    /// <summary>What the store does with the plans.</summary>
    private sealed class Model
    {
        public JournalSpec Head { get; private set; } = JournalRecords.Empty("default", A);

        public Dictionary<SegmentRef, ImmutableArray<StoredCommit>> Segments { get; } = [];

        public void Append(StoredCommit commit)
        {
            var plan = JournalPlan.For(Head, commit, Sizes);
            var segments = Head.Segments.ToBuilder();
            var commits = plan.Spilled;
            if (plan.TakesNewest)
            {
                Segments.Remove(segments[^1], out var newest);
                commits = [.. newest, .. commits];
                segments.RemoveAt(segments.Count - 1);
            }
            foreach (var (piece, bytes) in JournalPlan.Pieces(commits, Sizes))
            {
                segments.Add(new SegmentRef(piece[0].First, piece[^1].Last, bytes, ""));
                Segments.Add(segments[^1], piece);
            }
            Head = Head with { Last = commit.Last, Segments = segments.ToImmutable(), Tail = plan.Tail, TailBytes = plan.TailSize };
        }

        public void Prune(long through)
        {
            Head = JournalPlan.Pruned(Head, through);
            foreach (var gone in Segments.Keys.Except(Head.Segments).ToList())
                Segments.Remove(gone);
        }
    }
}
