using Fabric.Lab;
using Fabric.Linux;

namespace Fabric.Demo;

/// <summary>A network namespace of the demo.</summary>
internal sealed class Net
{
    private Net(string name)
    {
        Name = name;
        Inside = NetworkNamespace.Open(Path);
    }

    /// <summary>As <c>ip netns</c> shows it.</summary>
    public string Name { get; }

    public string Path => System.IO.Path.Combine(Places.NamespaceFolder, Name);

    /// <summary>For sockets that live in this namespace.</summary>
    public NetworkNamespace Inside { get; }

    /// <summary>Makes the namespace, as a container runtime makes a pod's: nothing in it but <c>lo</c>, which is down.</summary>
    public static Net Make(string label)
    {
        var name = Places.Prefix + label;
        LabCommand.Run("ip", "netns", "add", name);
        return new Net(name);
    }

    /// <summary>Several at once, in one run of <c>ip</c>.</summary>
    public static IReadOnlyList<Net> MakeMany(IEnumerable<string> labels)
    {
        var names = labels.Select(l => Places.Prefix + l).ToList();
        Batch(names.Select(n => $"netns add {n}"));
        return [.. names.Select(n => new Net(n))];
    }

    public static void DeleteMany(IReadOnlyList<Net> all)
    {
        foreach (var net in all)
            net.Inside.Dispose();
        Batch(all.Select(n => $"netns delete {n.Name}"));
    }

    /// <summary>Deletes the namespace with everything in it.</summary>
    public void Delete() => DeleteMany([this]);

    /// <summary>Runs <c>ip</c> on the namespace.</summary>
    public string Ip(params string[] arguments) => LabCommand.Run("ip", ["-n", Name, .. arguments]);

    /// <summary>Runs a program inside the namespace, with its own <c>/sys</c>.</summary>
    public string Run(params string[] command) => Run(command, null);

    /// <inheritdoc cref="Run(string[])"/>
    public string Run(IReadOnlyList<string> command, string? standardInput) =>
        LabCommand.Run("ip", ["netns", "exec", Name, .. command], null, standardInput);

    private static void Batch(IEnumerable<string> lines) =>
        LabCommand.Run("ip", ["-batch", "-"], null, string.Concat(lines.Select(l => l + "\n")));
}
