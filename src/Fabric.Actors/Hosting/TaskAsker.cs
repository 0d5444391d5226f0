namespace Fabric.Actors;

/// <summary>An asker outside the host.</summary>
internal sealed class TaskAsker : IAsker
{
    private readonly TaskCompletionSource<AskResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<AskResult> Task => _completion.Task;

    public bool IsDone => _completion.Task.IsCompleted;

    public void End(AskResult result) => _completion.TrySetResult(result);
}
