namespace Fabric.Actors.Tests;

public sealed class EventLoopTests
{
    [Fact]
    public async Task Await_inside_resumes_on_the_loop()
    {
        await using var loop = NewLoop([]);
        var (before, after) = await loop.RunAsync(async () =>
        {
            var first = Environment.CurrentManagedThreadId;
            await Task.Yield();
            return (first, Environment.CurrentManagedThreadId);
        });
        Assert.Equal(before, after);
        Assert.NotEqual(Environment.CurrentManagedThreadId, before);
    }

    [Fact]
    public async Task An_exception_reaches_who_ran_the_work()
    {
        await using var loop = NewLoop([]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => loop.RunAsync(async () =>
        {
            await Task.Yield();
            throw new InvalidOperationException("broken");
        }));
    }

    [Fact]
    public async Task A_cancelled_work_is_cancelled_for_who_ran_it()
    {
        await using var loop = NewLoop([]);
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => loop.RunAsync(() => Task.FromCanceled(cancelled.Token)));
    }

    [Fact]
    public async Task An_exception_that_escapes_posted_work_is_reported_and_the_loop_goes_on()
    {
        var escaped = new List<Exception>();
        await using var loop = NewLoop(escaped);
        loop.Post(_ => throw new InvalidOperationException("broken"), null);
        Assert.Equal(5, await loop.RunAsync(() => Task.FromResult(5)));
        Assert.Equal("broken", Assert.Single(escaped).Message);
    }

    [Fact]
    public async Task Disposing_runs_what_is_queued_and_drops_what_comes_later()
    {
        var ran = 0;
        var loop = NewLoop([]);
        for (var i = 0; i < 100; i++)
            loop.Post(_ => ran++, null);
        await loop.DisposeAsync();
        loop.Post(_ => ran++, null);
        Assert.Equal(100, ran);
    }

    [Fact]
    public async Task Blocking_on_the_loop_is_refused()
    {
        await using var loop = NewLoop([]);
        Assert.Throws<NotSupportedException>(() => loop.Send(_ => { }, null));
    }

    private static EventLoop NewLoop(List<Exception> escaped) => new("test", escaped.Add);
}
