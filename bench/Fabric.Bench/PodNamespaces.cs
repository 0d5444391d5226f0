using Fabric.Lab;

namespace Fabric.Bench;

/// <summary>Empty network namespaces to attach, made in advance and used again.</summary>
internal sealed class PodNamespaces : IDisposable
{
    private readonly List<LabNamespace> _all = [];
    private readonly Stack<LabNamespace> _free = [];

    public LabNamespace Take()
    {
        if (_free.TryPop(out var pod))
            return pod;
        var made = LabNamespace.Create("pod");
        _all.Add(made);
        return made;
    }

    public void GiveBack(LabNamespace pod) => _free.Push(pod);

    public void Dispose() => Parallel.ForEach(_all, new ParallelOptions { MaxDegreeOfParallelism = 8 }, p => p.Dispose());
}
