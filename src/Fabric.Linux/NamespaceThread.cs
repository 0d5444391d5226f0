using System.Runtime.ExceptionServices;
using Fabric.Linux.Interop;

namespace Fabric.Linux;

/// <summary>The one thread that enters foreign network namespaces, and always leaves them again.</summary>
/// <remarks>
/// A namespace belongs to a kernel thread (setns(2)). The thread below is used for nothing else, so no other code can
/// find itself in a pod's namespace. When the way back fails, which the kernel does only without memory or
/// privilege, the thread ends and the next call starts a fresh one from a thread that never left home.
/// </remarks>
internal static class NamespaceThread
{
    private static readonly Lock Gate = new();
    private static Worker? s_worker;

    /// <summary>Runs the work inside the namespace; callers take turns.</summary>
    public static void Run(NetworkNamespace target, Action work)
    {
        if (Worker.IsCurrent)
            throw new InvalidOperationException("work inside a network namespace can't enter another one");
        lock (Gate)
        {
            if (s_worker is not { IsUsable: true })
                s_worker = new Worker();
            s_worker.Run(target, work);
        }
    }

    private sealed class Worker
    {
        [ThreadStatic]
        private static bool t_isCurrent;

        // Released by the caller when _target and _work are set; the caller then waits on _done. The semaphores
        // order every access to the fields, so these need no lock of their own.
        private readonly SemaphoreSlim _start = new(0);
        private readonly SemaphoreSlim _done = new(0);
        private NetworkNamespace? _target;
        private Action? _work;
        private ExceptionDispatchInfo? _failure;

        public Worker() => new Thread(Loop) { IsBackground = true, Name = "network namespace" }.Start();

        public static bool IsCurrent => t_isCurrent;

        public bool IsUsable { get; private set; } = true;

        public void Run(NetworkNamespace target, Action work)
        {
            (_target, _work, _failure) = (target, work, null);
            _start.Release();
            _done.Wait();
            (_target, _work) = (null, null);
            _failure?.Throw();
        }

        private void Loop()
        {
            t_isCurrent = true;
            while (IsUsable)
            {
                _start.Wait();
                try
                {
                    Step(_target!, _work!);
                }
                catch (Exception exception)
                {
                    _failure = ExceptionDispatchInfo.Capture(exception);
                }
                _done.Release();
            }
        }

        private void Step(NetworkNamespace target, Action work)
        {
            if (target.IsOwn)
            {
                work();
                return;
            }
            if (Libc.SetNamespace(target.Handle, Libc.CloneNewNet) < 0)
                throw SystemCallException.FromLastError($"enter network namespace {target}");
            try
            {
                work();
            }
            finally
            {
                IsUsable = Libc.SetNamespace(NetworkNamespace.Own.Handle, Libc.CloneNewNet) == 0;
            }
        }
    }
}
